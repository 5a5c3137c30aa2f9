// Package observe turns what [rbac.Options].Observe is told into metrics and
// logs.
//
//	var counters observe.Counters
//	expvar.Publish("rbac", &counters) // in main, once
//
//	authority, err := rbac.New(st, catalog, &rbac.Options{
//		Observe: observe.Join(counters.Observe, observe.Log(slog.Default())),
//	})
//
// Checks are many and everything else is rare. [Counters] takes one atomic
// addition a check and [Log] ignores them; what costs more is put behind
// [Sample]. Metrics of other systems are fed in the same way, by a function of
// one switch: the example in examples/frameworks/otel does it for
// OpenTelemetry.
//
// # What to watch
//
//   - Hits among checks: fewer than nearly all, without [rbac.Authority.Start],
//     means that tenants are asked about more rarely than MaxStaleness; with it,
//     that Options.CacheBytes is too small (then evictions grow as well).
//   - Check errors: the store was out of reach for longer than MaxStaleness.
//     Each is a request that got no answer.
//   - Max of polls and of changes, against the patience of callers.
//   - Conflicts among changes: several processes write to one tenant. It is
//     handled, and costs a round each.
//   - Retries: deadlocks, a busy database, lost connections, hints that cannot
//     be received.
package observe
