//go:build race

package rbac

const worldRaced = true
