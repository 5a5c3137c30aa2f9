//go:build !(linux && amd64)

package rbac

var wallClock func() int64
