package storetest

import "github.com/seed80bc5f17/rbac/store"

// maxSteps bounds the steps of one call of a Yielder.
const maxSteps = 100

// inside runs op again and again, and during inside it: at the first step of
// the first op, at the second step of the second, and so on, up to an op that
// has no such step and therefore runs alone. If s is not a Yielder, during
// runs once, before op.
func inside(s store.Store, op, during func()) {
	y, ok := s.(Yielder)
	if !ok {
		during()
		op()
		return
	}
	for step := 1; step <= maxSteps; step++ {
		left := step
		y.Yield(func() {
			// Steps of the calls in during count on below zero.
			if left--; left == 0 {
				during()
			}
		})
		op()
		y.Yield(nil)
		if left > 0 {
			return
		}
	}
}
