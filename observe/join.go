package observe

import (
	"math/rand/v2"
	"slices"

	"github.com/seed80bc5f17/rbac"
)

// Join returns a function that calls all of fs in turn. Those that are nil are
// left out; if none remains it is nil, as which [rbac.Options].Observe costs
// nothing.
func Join(fs ...func(rbac.Observation)) func(rbac.Observation) {
	all := slices.DeleteFunc(slices.Clone(fs), func(f func(rbac.Observation)) bool { return f == nil })
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return func(o rbac.Observation) {
		for _, f := range all {
			f(o)
		}
	}
}

// Sample returns a function that passes on to f one check in n, drawn at
// random, and everything else. With n of 1 that is every check, with less none.
// To estimate how many there were, count each as n.
func Sample(n int, f func(rbac.Observation)) func(rbac.Observation) {
	if f == nil || n == 1 {
		return f
	}
	return func(o rbac.Observation) {
		// Not every n-th: a page that makes n checks would always show the same.
		if o.Event != rbac.ObservedCheck || n > 1 && rand.IntN(n) == 0 {
			f(o)
		}
	}
}
