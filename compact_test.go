package rbac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// aged is a tenant whose clock moves an hour with each change.
type aged struct {
	*Authority
	store *memory.Store
	now   time.Time
}

// newAged returns a tenant with ten changes, an hour apart, the last one an
// hour ago.
func newAged(t *testing.T) *aged {
	t.Helper()
	w := &aged{store: memory.New(), now: time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)}
	w.Authority = w.over(t, w.store)
	w.do(t, System("sign-up"), Bootstrap("olivia"))
	giver := CreateRole(NewRole{Name: "Giver", Permissions: Set("y", RolesView, RolesAssign)})
	w.do(t, As("olivia"), giver)
	w.do(t, As("olivia"), Assign(NewAssignment{Subject: User("ann"), Role: giver.RoleID(), Reason: "she <gives>"}), AddMember("g", User("bob")))
	for range 3 {
		w.do(t, As("olivia"), Grant(giver.RoleID(), "z"))
		w.do(t, As("olivia"), Revoke(giver.RoleID(), "z"))
	}
	w.do(t, As("ann"), Assign(NewAssignment{Subject: User("carl"), Role: giver.RoleID()}))
	return w
}

func (w *aged) over(t *testing.T, s store.Store) *Authority {
	t.Helper()
	c, err := NewCatalog(Section{Name: "Host", Permissions: []PermissionInfo{{ID: "x"}, {ID: "y"}, {ID: "z"}, {ID: "close", OwnerOnly: true}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(s, c, &Options{MultiTenant: true, Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	return a.Tenant("acme")
}

func (w *aged) do(t *testing.T, actor Actor, ops ...Op) {
	t.Helper()
	mustApply(t, w.Authority, actor, ops...)
	w.now = w.now.Add(time.Hour)
}

// archive compacts, and returns what comes back from the archive's JSON.
func (w *aged) archive(t *testing.T, olderThan time.Duration) []store.Commit {
	t.Helper()
	var lines []string
	n, err := w.Compact(t.Context(), System("archive"), olderThan, func(page []store.Commit) error {
		for _, c := range page {
			line, err := json.Marshal(c)
			if err != nil {
				return err
			}
			lines = append(lines, string(line))
		}
		return nil
	})
	if err != nil || n != len(lines) {
		t.Fatalf("Compact = %d, %v, having handed out %d", n, err, len(lines))
	}
	all := make([]store.Commit, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &all[i]); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return all
}

func (w *aged) history(t *testing.T) []Event {
	t.Helper()
	page, err := w.History(t.Context(), System("look"), PageQuery{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(page.Items)
	return page.Items
}

// verified returns what an archive and the log prove, and wants no problems.
func (w *aged) verified(t *testing.T, archive []store.Commit) Verification {
	t.Helper()
	v, err := w.VerifyArchive(t.Context(), System("proof"), archive)
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("VerifyArchive = %v, %q", err, v.Problems)
	}
	return v
}

func TestCompact(t *testing.T) {
	t.Parallel()
	w := newAged(t)
	before := w.history(t)
	archive := w.archive(t, 4*time.Hour+1)
	if len(archive) != 6 {
		t.Fatalf("%d entries were handed out, want 6", len(archive))
	}
	// Which are the events that have left the history.
	asJSON := func(events []Event) string { return string(must(json.Marshal(events))) }
	var events []Event
	for _, c := range archive {
		events = append(events, w.Event(c))
	}
	if diff := cmp.Diff(asJSON(before), asJSON(append(events, w.history(t)...))); diff != "" {
		t.Errorf("archive and history (-want +got):\n%s", diff)
	}
	want := Verification{Entries: 4, Judged: 4, First: 7, Token: w.verified(t, nil).Token}
	if diff := cmp.Diff(want, w.verified(t, nil)); diff != "" {
		t.Errorf("of what is left (-want +got):\n%s", diff)
	}
	want.Entries, want.Judged, want.First, want.Whole = 10, 10, 1, true
	if diff := cmp.Diff(want, w.verified(t, archive)); diff != "" {
		t.Errorf("with the archive (-want +got):\n%s", diff)
	}

	// It goes on, and the archive with it.
	w.do(t, As("olivia"), AddMember("g", User("dora")))
	archive = append(archive, w.archive(t, time.Hour)...)
	if got := w.verified(t, nil); got.Entries != 1 || got.First != 11 || got.Whole {
		t.Errorf("of the last entry: %+v", got)
	}
	if got := w.verified(t, archive); got.Judged != 11 || !got.Whole {
		t.Errorf("with the archive: %+v", got)
	}
	if more := w.archive(t, time.Hour); len(more) != 0 {
		t.Errorf("once more, %d entries were handed out", len(more))
	}
	if err := w.Check(t.Context(), As("carl"), "y"); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestCompactKeepsAnHour has an entry of one hour to the microsecond.
func TestCompactKeepsAnHour(t *testing.T) {
	t.Parallel()
	w := newAged(t)
	w.do(t, As("olivia"), AddMember("h", User("bob")))
	if got := len(w.archive(t, 2*time.Hour)); got != 9 {
		t.Errorf("%d entries are older than two hours, want 9", got)
	}
	w.now = w.now.Add(time.Microsecond)
	if got := len(w.archive(t, 2*time.Hour)); got != 1 {
		t.Errorf("%d more are, a microsecond later, want 1", got)
	}
}

func TestCompactRefuses(t *testing.T) {
	t.Parallel()
	w := newAged(t)
	hand := func([]store.Commit) error { panic("handed out") }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	unbound, err := New(w.store, w.Catalog(), &Options{MultiTenant: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		authority *Authority
		ctx       context.Context
		actor     Actor
		olderThan time.Duration
		hand      func([]store.Commit) error
		want      error
		text      string
	}{
		{"no tenant", unbound, t.Context(), Actor{}, 0, nil, ErrInvalid, "tenant"},
		{"ended context", w.Authority, ended, Actor{}, 0, nil, ErrUnavailable, "canceled"},
		{"nobody", w.Authority, t.Context(), Actor{}, 0, nil, ErrDenied, "no actor"},
		{"System without a reason", w.Authority, t.Context(), System(""), 0, nil, ErrInvalid, "reason"},
		{"a user, malformed", w.Authority, t.Context(), As("carl"), 0, hand, ErrInvalid, "older_than"},
		{"less than an hour", w.Authority, t.Context(), System("x"), time.Hour - 1, hand, ErrInvalid, "older_than"},
		{"a negative age", w.Authority, t.Context(), System("x"), -time.Hour, hand, ErrInvalid, "older_than"},
		{"no hand", w.Authority, t.Context(), System("x"), time.Hour, nil, ErrInvalid, "hand"},
		{"a user", w.Authority, t.Context(), As("carl"), time.Hour, hand, ErrDenied, "lacks the permission"},
		{"an Owner", w.Authority, t.Context(), As("olivia"), time.Hour, hand, ErrDenied, "lacks the permission"},
		{"an Owner, on a store that cannot", w.over(t, struct{ store.Store }{w.store}), t.Context(), As("olivia"), time.Hour, hand, ErrDenied, "compact"},
		{"a store that cannot", w.over(t, struct{ store.Store }{w.store}), t.Context(), System("x"), time.Hour, hand, errors.ErrUnsupported, "keeps its log whole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := tt.authority.Compact(tt.ctx, tt.actor, tt.olderThan, tt.hand)
			if n != 0 || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Compact = %d, %v, want %q and %q", n, err, tt.want, tt.text)
			}
			for _, other := range []error{ErrDenied, ErrInvalid, ErrUnavailable, errors.ErrUnsupported} {
				if other != tt.want && errors.Is(err, other) {
					t.Errorf("%v is %q", err, other)
				}
			}
		})
	}
}

// compacting is a store whose Compact is f.
type compacting struct {
	*memory.Store
	f func(hand func([]store.Commit) error, compact func() (int, error)) (int, error)
}

func (s compacting) Compact(ctx context.Context, tenant string, before int64, hand func([]store.Commit) error) (int, error) {
	return s.f(hand, func() (int, error) { return s.Store.Compact(ctx, tenant, before, hand) })
}

func TestCompactFails(t *testing.T) {
	t.Parallel()
	errFull := errors.New("the archive is full")
	for _, tt := range []struct {
		name    string
		store   func(calls int, hand func([]store.Commit) error, compact func() (int, error)) (int, error)
		hand    error
		want    error
		calls   int
		removed int
	}{
		{"hand", nil, errFull, errFull, 1, 0},
		{"hand, like a store that is busy", nil, store.ErrTransient, store.ErrTransient, 1, 0},
		{"the store, once", func(calls int, _ func([]store.Commit) error, compact func() (int, error)) (int, error) {
			if calls == 1 {
				return 0, store.ErrTransient
			}
			return compact()
		}, nil, nil, 2, 9},
		{"the store, having deleted a page", func(calls int, _ func([]store.Commit) error, compact func() (int, error)) (int, error) {
			n, err := compact()
			if calls == 1 {
				err = store.ErrTransient
			}
			return n, err
		}, nil, nil, 2, 9},
		{"the store, for good", func(int, func([]store.Commit) error, func() (int, error)) (int, error) {
			return 0, errFull
		}, nil, ErrUnavailable, 1, 0},
		{"the store, being busy for ever", func(int, func([]store.Commit) error, func() (int, error)) (int, error) {
			return 0, store.ErrTransient
		}, nil, ErrUnavailable, maxAttempts, 0},
		{"the store, bound to a transaction", func(int, func([]store.Commit) error, func() (int, error)) (int, error) {
			return 0, errors.ErrUnsupported
		}, nil, errors.ErrUnsupported, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newAged(t)
			calls := 0
			a := w.over(t, compacting{w.store, func(hand func([]store.Commit) error, compact func() (int, error)) (int, error) {
				calls++
				if tt.store == nil {
					return compact()
				}
				return tt.store(calls, hand, compact)
			}})
			var archive []store.Commit
			n, err := a.Compact(t.Context(), System("archive"), time.Hour, func(page []store.Commit) error {
				if tt.hand == nil {
					archive = append(archive, page...)
				}
				return tt.hand
			})
			if n != tt.removed || !errors.Is(err, tt.want) || calls != tt.calls {
				t.Errorf("Compact = %d, %v, after %d calls; want %d, %v after %d", n, err, calls, tt.removed, tt.want, tt.calls)
			}
			if tt.want != ErrUnavailable && errors.Is(err, ErrUnavailable) {
				t.Errorf("%v is ErrUnavailable", err)
			}
			if got := w.verified(t, archive); got.Judged != 10 {
				t.Errorf("of 10 changes, %d are in archive and log", got.Judged)
			}
		})
	}
}

// TestVerifyArchiveFinds spoils the archive, or the log.
func TestVerifyArchiveFinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, w *aged, archive []store.Commit) []store.Commit
		want  string // "" = nothing
	}{
		{"nothing", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit { return archive }, ""},
		{"an entry that is gone", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			return slices.Delete(archive, 3, 4)
		}, "revision 3 is followed by 5"},
		{"the last entry gone", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			return archive[:len(archive)-1]
		}, "revision 5 is followed by 7"},
		{"an entry twice", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			return slices.Insert(archive, 3, archive[3])
		}, "revision 4 is followed by 4"},
		{"another actor", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			archive[3].Actor = "ann"
			return archive
		}, "revision 4 wrote something else"},
		{"another record", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			archive[2].Assignments[0].After.Role = string(AdminRole)
			return archive
		}, "revision 3 wrote something else"},
		{"an earlier time", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			archive[3].Time = 0
			return archive
		}, "revision 4 is older"},
		{"no entry", func(_ *testing.T, _ *aged, archive []store.Commit) []store.Commit {
			archive[3].Entry = nil
			return archive
		}, "revision 4: its entry cannot be read"},
		{"what the log has, too", func(t *testing.T, w *aged, archive []store.Commit) []store.Commit {
			log, err := w.store.Log(t.Context(), "acme", store.LogQuery{Backward: true, Before: 9, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(log)
			return append(archive, log...)
		}, ""},
		{"another than what the log has", func(t *testing.T, w *aged, archive []store.Commit) []store.Commit {
			log, err := w.store.Log(t.Context(), "acme", store.LogQuery{Backward: true, Before: 8, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			log[0].ID = "other"
			return append(archive, log...)
		}, "revision 7 is another one in the archive"},
		{"an erasure", func(t *testing.T, w *aged, archive []store.Commit) []store.Commit {
			w.do(t, System("gone"), EraseTenant())
			w.do(t, System("back"), Bootstrap("otto"))
			return archive
		}, ""},
		{"an erasure among others", func(t *testing.T, w *aged, archive []store.Commit) []store.Commit {
			lost := CreateRole(NewRole{Name: "Lost", Permissions: Set()}) // with the erasure, before it was archived
			w.do(t, As("olivia"), lost)
			w.do(t, System("gone"), DeleteRole(RoleDeletion{ID: lost.RoleID(), Version: 1}), EraseTenant(), Bootstrap("otto"))
			return archive
		}, ""},
		{"a change that nobody decided", func(t *testing.T, w *aged, archive []store.Commit) []store.Commit {
			row := store.Assignment{Subject: User("carl").record(), Role: string(AdminRole), GrantedBy: "ann", GrantedAt: 1}
			forge(t, w.Authority, w.store, store.Commit{
				Actor: "ann", Assignments: []store.Change[store.Assignment]{{After: &row}},
				Entry: encodeEntry(As("ann"), []Op{Assign(NewAssignment{Subject: User("carl"), Role: AdminRole})}, w.rules.fingerprint),
			})
			return archive
		}, "revision 11 is not justified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newAged(t)
			archive := tt.spoil(t, w, w.archive(t, 4*time.Hour+1))
			v, err := w.VerifyArchive(t.Context(), System("proof"), archive)
			got := strings.Join(v.Problems, "\n")
			if err != nil || !v.Whole || (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("VerifyArchive = %v, %+v, want %q", err, v, tt.want)
			}
		})
	}
	t.Run("no beginning", func(t *testing.T) {
		t.Parallel()
		w := newAged(t)
		archive := w.archive(t, time.Hour)
		if _, err := w.VerifyArchive(t.Context(), System("proof"), archive[1:]); !errors.Is(err, ErrInvalid) {
			t.Errorf("VerifyArchive = %v, want ErrInvalid", err)
		}
	})
	t.Run("not for everybody", func(t *testing.T) {
		t.Parallel()
		w := newAged(t)
		if _, err := w.VerifyArchive(t.Context(), As("carl"), nil); !errors.Is(err, ErrDenied) {
			t.Errorf("VerifyArchive = %v, want ErrDenied", err)
		}
	})
}

// TestVerifyOfACompactedLogFinds wants what a short log can still tell.
func TestVerifyOfACompactedLogFinds(t *testing.T) {
	t.Parallel()
	grant := func(t *testing.T, w *aged) {
		row := store.Assignment{Subject: User("carl").record(), Role: string(AdminRole), GrantedBy: "ann", GrantedAt: 1}
		forge(t, w.Authority, w.store, store.Commit{
			Actor: "ann", Assignments: []store.Change[store.Assignment]{{After: &row}},
			Entry: encodeEntry(As("ann"), []Op{Assign(NewAssignment{Subject: User("carl"), Role: AdminRole})}, w.rules.fingerprint),
		})
	}
	for _, tt := range []struct {
		name   string
		forge  func(t *testing.T, w *aged)
		tables func(*store.State)
		want   string
	}{
		{"a change that nobody decided", grant, nil, "revision 11 is not justified"},
		{"a row that the log mentions", nil, func(s *store.State) {
			i := slices.IndexFunc(s.Assignments, func(a store.Assignment) bool { return a.Subject.ID == "carl" })
			s.Assignments[i].Until = 5
		}, `user "carl" is not as the log left it`},
		{"a role that the log mentions", nil, func(s *store.State) { s.Roles[0].Status = "blocked" }, "is not as the log left it"},
		{"a head without an entry", nil, func(s *store.State) { s.Head.Revision++ }, "the log ends at revision 10, the tenant is at 11"},
		{"a row that it does not mention, which it cannot", nil, func(s *store.State) {
			s.Assignments = append(s.Assignments, store.Assignment{Subject: User("eve").record(), Role: "owner"})
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newAged(t)
			w.archive(t, 4*time.Hour+1)
			a := w.Authority
			if tt.forge != nil {
				tt.forge(t, w)
			}
			if tt.tables != nil {
				a = w.over(t, altered{w.store, tt.tables})
			}
			v, err := a.Verify(t.Context(), System("proof"))
			got := strings.Join(v.Problems, "\n")
			if err != nil || v.Whole || v.First != 7 || (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("Verify = %v, %+v, want %q", err, v, tt.want)
			}
		})
	}
	t.Run("a log that is gone", func(t *testing.T) {
		t.Parallel()
		w := newAged(t)
		v, err := w.over(t, forgotten{w.store}).Verify(t.Context(), System("proof"))
		if err != nil || len(v.Problems) == 0 {
			t.Errorf("Verify = %v, %+v, want a problem", err, v)
		}
	})
}

// moving is a store whose tenant moves on after each Load.
type moving struct {
	store.Store
	move func()
}

func (s moving) Load(ctx context.Context, tenant string, sel store.Selection) (store.State, error) {
	st, err := s.Store.Load(ctx, tenant, sel)
	if sel.AllUpTo > 0 {
		s.move()
	}
	return st, err
}

// TestVerifyWhileTheTenantMoves wants what comes meanwhile left out.
func TestVerifyWhileTheTenantMoves(t *testing.T) {
	t.Parallel()
	w := newAged(t)
	moves := 0
	a := w.over(t, moving{w.store, func() {
		moves++
		mustApply(t, w.Authority, As("olivia"), AddMember("late", User(fmt.Sprint("u", moves))))
	}})
	v := mustVerify(t, a)
	_, head, err := v.Token.parse()
	if now := len(w.history(t)); err != nil || v.Entries != int(head.Revision) || now <= v.Entries {
		t.Errorf("%d entries of %d, at %v, %v", v.Entries, now, head, err)
	}
}

// forgotten is a store without a log.
type forgotten struct{ store.Store }

func (s forgotten) Log(context.Context, string, store.LogQuery) ([]store.Commit, error) {
	return nil, nil
}
