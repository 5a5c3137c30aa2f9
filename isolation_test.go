package rbac

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// picky is a store that cannot take changes by one user, and remembers whose
// context it was called in.
type picky struct {
	store.Store
	dislikes string
	panics   bool
	callers  []any
}

type callerKey struct{}

func (s *picky) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	s.callers = append(s.callers, ctx.Value(callerKey{}))
	for _, c := range cs {
		if c.Actor == s.dislikes {
			if s.panics {
				panic("picky")
			}
			return errors.New("packet too large")
		}
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

// serveTogether judges one request of each user as one group.
func serveTogether(t *testing.T, a *Authority, users ...string) []*request {
	t.Helper()
	var rs []*request
	for _, u := range users {
		rs = append(rs, &request{
			a: a, ctx: context.WithValue(t.Context(), callerKey{}, u), actor: As(u), ops: []Op{AddMember("g", User("by-"+u))},
			users: map[string]bool{}, done: make(chan struct{}),
		})
	}
	(&group{a: a, queue: &queue{}, requests: rs}).serve()
	return rs
}

func TestQueue_OneCannotSpoilItForOthers(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		s := &picky{Store: memory.New(), dislikes: "-"}
		a, _ := raceTenant(t, s, "acme")
		mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("otto"), Role: OwnerRole}))
		s.dislikes, s.panics = "otto", false
		rs := serveTogether(t, a, "olivia", "otto", "olivia")
		for i, r := range rs {
			if _, err := r.wait(); (err != nil) != (i == 1) || err != nil && !errors.Is(err, ErrUnavailable) {
				t.Errorf("request %d: %v", i, err)
			}
		}
		if s.panics = panics; panics {
			func() {
				defer func() {
					if p := recover(); p != "picky" {
						t.Errorf("the store's panic became %v", p)
					}
				}()
				_, err := a.AddMember(t.Context(), As("otto"), "g", User("x"))
				t.Errorf("no panic but %v", err)
			}()
			mustApply(t, a, As("olivia"), AddMember("g", User("y")))
		}
		mustVerify(t, a)
	}
}

func TestQueue_NobodysContextServesAnother(t *testing.T) {
	t.Parallel()
	s := &picky{Store: memory.New(), dislikes: "-"}
	a, _ := raceTenant(t, s, "acme")
	mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("otto"), Role: OwnerRole}))
	s.callers = nil
	for _, r := range serveTogether(t, a, "olivia", "otto") {
		if _, err := r.wait(); err != nil {
			t.Fatal(err)
		}
	}
	serveTogether(t, a, "nobody") // refused
	if len(s.callers) != 1 || s.callers[0] != nil {
		t.Errorf("committed in the contexts of %v", s.callers)
	}
}

func TestQueue_ADecisionThatIsAlwaysTooOldEnds(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	now := time.Now()
	a.now = func() time.Time { now = now.Add(6 * time.Second); return now }
	if _, err := a.AddMember(context.Background(), As("olivia"), "g", User("u")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// Owner is for users: by no form of request does a group become one.
func TestS7_NoGroupIsBootstrapped(t *testing.T) {
	t.Parallel()
	root, _ := raceTenant(t, memory.New(), "acme")
	a := &root.cells.of(root.engine, "empty").bound
	var op Op
	if err := op.UnmarshalJSON([]byte(`{"op":"bootstrap","subject":{"kind":"group","id":"everyone"}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Apply(t.Context(), System("import"), op); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
	mustApply(t, a, System("sign-up"), Bootstrap("olivia"))
}

func TestS7_ZeroTimeIsNotOpen(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	for _, field := range []string{"from", "until"} {
		var op Op
		text := `{"op":"assign","subject":{"kind":"user","id":"u"},"role":"user","` + field + `":"0001-01-01T00:00:00Z"}`
		if err := op.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Apply(t.Context(), As("olivia"), op); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// A hook that rewrites what it is given changes nobody's actor (S24).
func TestS24_TheHookHasCopies(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, memory.New(), "acme")
	a.audit = func(_ context.Context, e Event) {
		for i := range e.Only {
			e.Only[i] = OwnerRole
		}
		for i := range e.Groups {
			e.Groups[i] = "admins"
		}
	}
	actor := As("olivia").Only(UserRole).InGroups("eng")
	if _, err := a.AddMember(t.Context(), actor, "g", User("u")); !errors.Is(err, ErrDenied) {
		t.Fatal(err)
	}
	if actor.more().only[0] != UserRole || actor.more().groups[0] != "eng" {
		t.Errorf("the actor became %v %v", actor.more().only, actor.more().groups)
	}
}

// short is a store that gives fewer rows than asked for, as it may.
type short struct{ store.Store }

func (s short) Scan(ctx context.Context, tenant string, q store.Query) (store.Page, error) {
	q.Limit = min(q.Limit, 3)
	return s.Store.Scan(ctx, tenant, q)
}

func TestLists_ShortPagesAreNotTheEnd(t *testing.T) {
	t.Parallel()
	a, _ := raceTenant(t, short{memory.New()}, "acme")
	for i := range 10 {
		mustApply(t, a, As("olivia"), AddMember("g", User(string(rune('a'+i)))))
	}
	for _, limit := range []int{1, 2, 3, 4, 7, 10, 11} {
		n := 0
		for _, err := range Each(func(q PageQuery) (Page[Membership], error) {
			q.Limit = limit
			return a.Members(t.Context(), As("olivia"), "g", q)
		}) {
			if n++; err != nil {
				t.Fatal(err)
			}
		}
		if n != 10 {
			t.Errorf("pages of %d: %d members of 10", limit, n)
		}
	}
}

// A user whose prebuilt role is no longer declared may have it back with the
// next deployment: only an Owner stands over them.
func TestCheckOver_RetiredRole(t *testing.T) {
	t.Parallel()
	s := memory.New()
	a, _ := raceTenant(t, s, "acme")
	old, err := New(s, a.rules.catalog, &Options{MultiTenant: true, Prebuilt: []Prebuilt{{ID: "super", Permissions: Set("x", "y", "z")}}})
	if err != nil {
		t.Fatal(err)
	}
	mustApply(t, old.Tenant("acme"), As("olivia"), Assign(NewAssignment{Subject: User("victim"), Role: "super"}))
	mustApply(t, a, As("olivia"), Assign(NewAssignment{Subject: User("help"), Role: AdminRole}))
	var denied *DeniedError
	if err := a.CheckOver(t.Context(), As("help"), "victim"); !errors.As(err, &denied) || denied.Reason != ReasonOutranked {
		t.Errorf("got %v", err)
	}
	if err := a.CheckOver(t.Context(), As("olivia"), "victim"); err != nil {
		t.Error(err)
	}
}
