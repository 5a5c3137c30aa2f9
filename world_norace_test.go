//go:build !race

package rbac

// worldRaced reports whether the race detector is on, which makes everything
// ten times slower.
const worldRaced = false
