package rbac_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// S25: there are no deny rules, so taking anything away can only shrink.
func TestS25_RemovingOnlyShrinks(t *testing.T) {
	t.Parallel()
	removed := 0
	for seed := range fxSeeds() {
		w := fxRandomWorld(t, seed+500)
		r := w.randomize(seed+500, 0)
		have := func() map[string]rbac.PermissionSet {
			out := map[string]rbac.PermissionSet{}
			for _, user := range fxUsers {
				p, err := w.Permissions(w.ctx, w.sys, user)
				if err != nil {
					t.Fatal(err)
				}
				out[user] = p
			}
			return out
		}
		for range 80 {
			var op rbac.Op
			id := r.role()
			switch r.IntN(6) {
			case 0:
				op = rbac.Unassign(r.subject(), id)
			case 1:
				op = rbac.RemoveMember(r.group(), r.subject())
			case 2:
				op = rbac.Offboard(r.subject())
			case 3:
				op = rbac.Revoke(id, append(r.perms(), fxX)...)
			case 4:
				status := rbac.Suspended
				op = rbac.EditRole(rbac.RoleEdit{ID: id, Version: r.version(id), Status: &status})
			default:
				op = rbac.DeleteRole(rbac.RoleDeletion{ID: id, Version: r.version(id)})
			}
			before := have()
			if got, err := w.Apply(w.ctx, w.sys, op); err == nil && got.Changed {
				removed++
			}
			for user, p := range have() {
				if !p.SubsetOf(before[user]) {
					t.Fatalf("seed %d: %v gave %s %v", seed, op, user, p.Minus(before[user]))
				}
			}
			_, _ = w.Apply(w.ctx, w.sys, r.op()) // and something to take away later
		}
	}
	if removed == 0 {
		t.Error("nothing was ever taken away")
	}
}

// S26: every Check reads the store's present state; a Principal is as of its Resolve.
func TestS26_RevocationIsBounded(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	other, err := rbac.New(w.store, w.Catalog(), &rbac.Options{Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	r := w.role(fxX)
	u := rbac.As("u")
	can := func(want bool) {
		t.Helper()
		// Where a change was made it is seen at once, elsewhere in time.
		w.clock.add(2 * time.Second)
		for _, a := range []*rbac.Authority{w.Authority, other} {
			if ok, err := a.Can(w.ctx, u, fxX); ok != want || err != nil {
				t.Errorf("Can is %t, %v, want %t", ok, err, want)
			}
		}
	}
	can(false)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r}))
	can(true)
	p, err := other.Resolve(w.ctx, u)
	if err != nil {
		t.Fatal(err)
	}
	w.must(other.Unassign(w.ctx, w.sys, rbac.User("u"), r))
	can(false)
	w.must(w.AddMember(w.ctx, w.sys, "g", rbac.User("u")))
	w.must(other.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.Group("g"), Role: r}))
	can(true)
	suspended := rbac.Suspended
	w.must(w.EditRole(w.ctx, w.sys, rbac.RoleEdit{ID: r, Version: 1, Status: &suspended}))
	can(false)
	if !p.Can(fxX) || p.Actor().UserID() != "u" {
		t.Error("a Principal changes after its Resolve")
	}
	if ok, err := w.AtLeast(p.Token()).Can(w.ctx, u, fxX); ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}

	w.must(other.Unassign(w.ctx, w.sys, rbac.Group("g"), r))
	open := rbac.Active
	w.must(other.EditRole(w.ctx, w.sys, rbac.RoleEdit{ID: r, Version: 2, Status: &open}))
	given := w.must(other.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r}))
	if ok, err := other.Can(w.ctx, u, fxX); !ok || err != nil {
		t.Errorf("where the change was made: %t %v", ok, err)
	}
	if ok, err := w.AtLeast(given.Token).Can(w.ctx, u, fxX); !ok || err != nil {
		t.Errorf("with its token: %t %v", ok, err)
	}
	w.must(other.Unassign(w.ctx, w.sys, rbac.User("u"), r))
	if ok, err := w.Can(w.ctx, u, fxX); !ok || err != nil {
		t.Errorf("within the lease nobody asks: %t %v", ok, err)
	}
	if ok, err := w.Fresh().Can(w.ctx, u, fxX); ok || err != nil {
		t.Errorf("asked for: %t %v", ok, err)
	}
	if ok, err := w.Can(w.ctx, u, fxX); ok || err != nil {
		t.Errorf("once asked for, known: %t %v", ok, err)
	}
}

func TestS27_EveryChangeLeavesItsEvent(t *testing.T) {
	t.Parallel()
	var told []rbac.Event
	w := fxEmpty(t, &rbac.Options{Audit: func(_ context.Context, e rbac.Event) { told = append(told, e) }})
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	create := rbac.CreateRole(rbac.NewRole{Name: "Clerk", Permissions: rbac.Set(fxX), Reason: "new hire"})
	actor := w.owner.InGroups("eng", "all").Only(rbac.OwnerRole)
	r := w.must(w.Apply(w.ctx, actor, create)).Role
	w.clock.add(time.Minute)
	n := rbac.NewAssignment{Subject: rbac.Group("g"), Role: r.ID, Until: fxEpoch.Add(time.Hour), Reason: "for a while"}
	w.must(w.Apply(w.ctx, w.owner, rbac.Grant(r.ID, fxA).Because("more"), rbac.Assign(n), rbac.AddMember("g", rbac.User("u")).Because("joins")))
	w.must(w.Apply(w.ctx, w.sys, rbac.Offboard(rbac.Group("g")).Because("moved")))
	w.must(w.Apply(w.ctx, w.owner, w.delete(r.ID)))
	if w.must(w.Apply(w.ctx, w.owner, rbac.RemoveMember("g", rbac.User("x")))).Changed {
		t.Fatal("a no-op")
	}
	page, err := w.History(w.ctx, w.owner, rbac.PageQuery{})
	if err != nil {
		t.Fatal(err)
	}
	events := slices.Clone(page.Items)
	slices.Reverse(events)
	if len(events) != 5 || len(told) != 5 { // a no-op leaves nothing
		t.Fatalf("%d events, %d told", len(events), len(told))
	}
	for i, e := range events {
		if e.Revision != uint64(i+1) || e.Tenant != "default" || e.Rules == "" || e.Rules != events[0].Rules || e.Token == "" {
			t.Errorf("%+v", e)
		}
		if a, b := fxJSON(t, e), fxJSON(t, told[i]); a != b {
			t.Errorf("the hook was told\n%s, the history says\n%s", b, a)
		}
	}
	if e := events[0]; e.User != "" || e.System != "test" || e.Operations[0].String() != "bootstrap" || e.Assignments[0].After.Role != rbac.OwnerRole {
		t.Errorf("%+v", e)
	}
	e := events[1]
	if e.User != "olivia" || e.System != "" || !slices.Equal(e.Groups, []string{"all", "eng"}) || !e.Narrowed || !slices.Equal(e.Only, []rbac.RoleID{rbac.OwnerRole}) || !e.Time.Equal(fxEpoch) {
		t.Errorf("%+v", e)
	}
	fxDiff(t, `{"op":"create_role","name":"Clerk","description":"","status":"active","permissions":["app.x"],"reason":"new hire"}`, fxJSON(t, e.Operations[0]))
	if e.Roles[0].Before != nil || e.Roles[0].After.Name != "Clerk" || e.Operations[0].RoleID() != r.ID {
		t.Errorf("%+v", e.Roles)
	}
	e = events[2]
	if len(e.Operations) != 3 || e.Narrowed || len(e.Groups) != 0 || !e.Time.Equal(fxEpoch.Add(time.Minute)) {
		t.Errorf("%+v", e)
	}
	if ch := e.Roles[0]; !ch.Before.Permissions.Equal(rbac.Set(fxX)) || !ch.After.Permissions.Equal(rbac.Set(fxA, fxX)) || ch.After.Version != ch.Before.Version+1 {
		t.Errorf("%+v", ch)
	}
	row := e.Assignments[0].After
	if row.GrantedBy != "olivia" || row.Reason != "for a while" || !row.Until.Equal(fxEpoch.Add(time.Hour)) || e.Memberships[0].After.AddedBy != "olivia" || e.Memberships[0].After.Reason != "joins" {
		t.Errorf("%+v %+v", row, e.Memberships[0].After)
	}
	if e = events[3]; e.Assignments[0].After != nil || e.Assignments[0].Before.Role != r.ID || fxJSON(t, e.Operations[0]) != `{"op":"offboard","subject":{"kind":"group","id":"g"},"reason":"moved"}` {
		t.Errorf("%+v", e)
	}
	if e = events[4]; e.Roles[0].After != nil || e.Roles[0].Before.ID != r.ID {
		t.Errorf("%+v", e)
	}
}

func TestS27_FingerprintOfTheRules(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, nil)
	rules := func(c *rbac.Catalog, p ...rbac.Prebuilt) string {
		t.Helper()
		var got string
		a, err := rbac.New(w.store, c, &rbac.Options{Now: w.clock.now, Prebuilt: p, Audit: func(_ context.Context, e rbac.Event) { got = e.Rules }})
		if err != nil {
			t.Fatal(err)
		}
		w.n++
		w.must(a.CreateRole(w.ctx, w.sys, rbac.NewRole{Name: "R" + string(rune('A'+w.n)), Permissions: rbac.Set()}))
		return got
	}
	base := rules(fxCatalog(t))
	if again := rules(fxCatalog(t)); again != base {
		t.Errorf("the same rules have the fingerprints %s and %s", base, again)
	}
	for name, other := range map[string]string{
		"another permission": rules(fxCatalog(t, rbac.PermissionInfo{ID: "app.more"})),
		"OwnerOnly":          rules(fxCatalog(t, rbac.PermissionInfo{ID: "app.more", OwnerOnly: true})),
		"another prebuilt":   rules(fxCatalog(t), rbac.Prebuilt{ID: "support", Permissions: rbac.Set(fxX)}),
		"a prebuilt's set":   rules(fxCatalog(t), rbac.Prebuilt{ID: "support", Permissions: rbac.Set(fxY)}),
		"another Admin":      rules(fxCatalog(t), rbac.Prebuilt{ID: rbac.AdminRole, Permissions: rbac.Set(fxY)}),
	} {
		if other == base {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
}

func TestS27_RefusalsReachTheHook(t *testing.T) {
	t.Parallel()
	var told []rbac.Event
	w := fxEmpty(t, &rbac.Options{Audit: func(_ context.Context, e rbac.Event) { told = append(told, e) }})
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	told = nil
	op := fxCreate("N", fxX).Because("please")
	_, err := w.Apply(w.ctx, rbac.As("u").InGroups("g").Only(rbac.AdminRole), op)
	if len(told) != 1 {
		t.Fatalf("%d events", len(told))
	}
	e := told[0]
	if !errors.Is(e.Refused, err) || e.User != "u" || e.Revision != 0 || !e.Narrowed || len(e.Operations) != 1 || e.Operations[0].RoleID() != op.RoleID() || len(e.Roles) != 0 || !e.Time.Equal(fxEpoch) || e.Rules == "" {
		t.Errorf("%+v", e)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Errorf("a refusal does not encode: %v", err)
	}
	told = nil
	if _, err := w.Preview(w.ctx, rbac.As("u"), op); err == nil || len(told) != 0 {
		t.Errorf("a preview is no change: %v, told %v", err, told)
	}
	if err := w.Check(w.ctx, rbac.As("u"), fxX); err == nil || len(told) != 0 {
		t.Errorf("a check is no change: %v, told %v", err, told)
	}
}

// A page names the state it was read at: it has no event from after that.
func TestS27_HistoryOfOneState(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	w.role()
	done := false
	w.store.setFault(func(_ context.Context, method string, _ int) error {
		if method == "Log" && !done { // a change between the two reads
			done = true
			w.role()
		}
		return nil
	})
	page, err := w.History(w.ctx, w.owner, rbac.PageQuery{})
	if err != nil || len(page.Items) == 0 || page.Items[0].Token != page.Token {
		t.Errorf("the newest event is of revision %d, and not of the page's state (%v)", page.Items[0].Revision, err)
	}
}
