package rbachttp

import "github.com/seed80bc5f17/rbac"

// Identity is who makes a request, and in which tenant. The zero Identity is
// somebody who has not signed in.
type Identity struct {
	// Actor is the user, with the groups that the host asserts and a narrowing,
	// if any. The zero Actor is signed out. System is never an identity: a
	// request that comes to it is answered with 500.
	Actor rbac.Actor

	// Tenant is the tenant of a MultiTenant Authority. It comes from what the
	// host trusts, such as the session, and for a name in the request only
	// after the host knows that the user belongs there. Default: "", for an
	// Authority that is single-tenant or bound already.
	Tenant string
}
