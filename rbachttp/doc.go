// Package rbachttp protects the routes of a net/http service with package rbac,
// and serves a JSON API to administer roles.
//
// A [Guard] knows, by a function of the host's, who makes a request. A [Rule]
// is named where a route is registered, never derived from the path:
//
//	guard := rbachttp.NewGuard(authority, func(r *http.Request) (rbachttp.Identity, error) {
//		return rbachttp.Identity{Actor: rbac.As(session(r).UserID)}, nil
//	}, nil)
//	mux := rbachttp.NewMux(guard)
//	mux.Handle("GET /invoices", rbachttp.Permission("billing.view"), invoices)
//	mux.Handle("GET /health", rbachttp.Public("for the load balancer"), health)
//	mux.Handle("/rbac/", rbachttp.SignedIn(), http.StripPrefix("/rbac", rbachttp.NewAPI(guard, nil)))
//
// [Guard.Require] does the same as middleware for other routers. Nothing is
// registered without a rule in a [Mux], and around other routers
// [Guard.MustCheck] turns what was answered without one into an error.
//
// # What a request meets
//
// The host's function runs at most once for a request, and so does
// [rbac.Authority.Resolve]; what they said is in the request's context, for
// [PrincipalFrom], [AuthorityFrom], [Can], [Check] and [FuncMap]. A request
// passes if its rule says yes. It never passes because something failed: not
// if the host's function or the store returned an error, panicked, or was cut
// off by the end of the request's context.
//
// # Answers
//
// What does not pass is answered as application/problem+json (RFC 9457) that no
// cache may keep, or by [GuardOptions].Page if a browser navigates:
//
//	400  malformed, whoever asks     401  signed out         403  refused
//	404  missing, not to be seen, or concealed by Conceal    405  another method
//	409  collides with the present state, or the role is in use
//	412  the role has changed since it was read              428  If-Match is missing
//	413  body too long               415  not JSON
//	500  a mistake in the host's code                        503  could not find out
//
// A refusal's body names no permission, role or user, and not the rule, unless
// [GuardOptions].Disclose is set. What the role administration refuses carries
// the [rbac.Reason], which names nothing.
package rbachttp
