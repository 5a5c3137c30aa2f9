package rbac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// made is a store that makes up what it is asked for, and remembers nothing:
// what is in memory afterwards is what the cache holds. Every string is a new
// one, as from a database.
type made struct {
	store.Store
	users  int // each with one role, and in one group if there are any
	roles  int
	perms  int // of each role
	groups int // each in the one before, with a role of its own
	rows   int // roles of each user; 0 = one
	mixed  bool
	pad    int // length of ids
}

func (m *made) id(kind string, i int) string {
	id := fmt.Sprintf("%s%07d", kind, i)
	return id + strings.Repeat("x", max(0, m.pad-len(id)))
}

var madeHead = store.Head{Revision: 1, Commit: "made"}

func (m *made) Heads(_ context.Context, tenants []string) ([]store.Head, error) {
	heads := make([]store.Head, len(tenants))
	for i := range heads {
		heads[i] = madeHead
	}
	return heads, nil
}

func (m *made) Load(_ context.Context, _ string, sel store.Selection) (store.State, error) {
	st := store.State{Head: madeHead, Time: 1, All: sel.AllUpTo >= m.users*(1+min(m.groups, 1))}
	if sel.Model {
		for i := range m.roles {
			r := store.Role{ID: m.id("r", i), Name: fmt.Sprintf("Role %d", i), Description: m.id("what it is for ", i), Status: "active", Version: 1, CreatedBy: m.id("u", 0), SetBy: m.id("u", 0)}
			for p := range m.perms {
				r.Permissions = append(r.Permissions, fmt.Sprintf("app.p%03d.do", p))
			}
			st.Roles = append(st.Roles, r)
		}
		for i := range m.groups {
			group := store.Subject{Kind: store.Group, ID: m.id("g", i)}
			st.Assignments = append(st.Assignments, store.Assignment{Subject: group, Role: m.id("r", i%m.roles), GrantedBy: m.id("u", 0), Reason: m.id("because ", 0)})
			if i%8 > 0 {
				st.Memberships = append(st.Memberships, store.Membership{Group: m.id("g", i-1), Member: group, AddedBy: m.id("u", 0)})
			}
		}
	}
	user := func(s store.Subject, i int) {
		for n := range max(m.rows, 1) {
			role := (i + n) % m.roles
			if m.mixed {
				role = (i*(n+1) + i/m.roles*n) % m.roles
			}
			st.Assignments = append(st.Assignments, store.Assignment{Subject: s, Role: m.id("r", role), GrantedBy: m.id("u", 0), Reason: m.id("because ", i)})
		}
		if m.groups > 0 {
			st.Memberships = append(st.Memberships, store.Membership{Group: m.id("g", i%m.groups), Member: s, AddedBy: m.id("u", 0)})
		}
	}
	switch {
	case st.All:
		for i := range m.users {
			user(store.Subject{Kind: store.User, ID: m.id("u", i)}, i)
		}
	default:
		for _, s := range sel.Subjects {
			var i int
			if _, err := fmt.Sscanf(s.ID, "u%07d", &i); err == nil && i < m.users {
				user(store.Subject{Kind: s.Kind, ID: strings.Clone(s.ID)}, i)
			}
		}
	}
	return st, nil
}

func cacheCatalog(t testing.TB) *Catalog {
	t.Helper()
	var infos []PermissionInfo
	for p := range 200 {
		infos = append(infos, PermissionInfo{ID: Permission(fmt.Sprintf("app.p%03d.do", p))})
	}
	c, err := NewCatalog(Section{Name: "App", Permissions: infos})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// liveHeap returns what is in the heap when nothing more goes: cleanups run
// after a collection, at the same time as others, and let go of more.
func liveHeap() int64 {
	var m runtime.MemStats
	least := uint64(math.MaxUint64)
	for same := 0; same < 3; same++ {
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc < least-least/1_000 {
			same = 0
		}
		least = min(least, m.HeapAlloc)
	}
	return int64(m.HeapAlloc)
}

func cacheOver(t testing.TB, s store.Store, o Options) *Authority {
	t.Helper()
	o.MultiTenant = true
	a, err := New(s, cacheCatalog(t), &o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestCacheBound holds what the cache counts against the heap. Not parallel:
// it measures all of the process.
func TestCacheBound(t *testing.T) {
	ctx := context.Background()
	tests := []struct {
		name    string
		store   made
		tenants int
		checked int // users of each tenant that are asked about
		eager   int
	}{
		{"1,000 tenants of 100 users", made{users: 100, roles: 10, perms: 10}, 1_000, 10, 0},
		{"3,000 tenants of hardly anything", made{users: 2, roles: 1, perms: 3}, 3_000, 2, 0},
		{"3,000 tenants of nothing", made{}, 3_000, 1, 0},
		{"one tenant of 50,000 users", made{users: 50_000, roles: 10, perms: 10}, 1, 100, 1 << 20},
		{"the same with ids of 200 bytes", made{users: 50_000, roles: 10, perms: 10, pad: 200}, 1, 100, 1 << 20},
		{"everybody with roles of their own", made{users: 20_000, roles: 200, perms: 10, rows: 3, mixed: true}, 1, 20_000, 1 << 20},
		{"everybody with a window of roles, in groups", made{users: 20_000, roles: 200, perms: 10, rows: 2, mixed: true, groups: 400}, 1, 20_000, 1 << 20},
		{"20,000 users one by one", made{users: 50_000, roles: 10, perms: 10}, 1, 20_000, -1},
		{"20,000 strangers in 100 tenants", made{users: 0, roles: 10, perms: 10}, 100, 200, -1},
		{"200 tenants, 100 users one by one", made{users: 1_000, roles: 5, perms: 5}, 200, 100, -1},
		{"one by one with ids of 200 bytes", made{users: 50_000, roles: 10, perms: 10, pad: 200}, 1, 10_000, -1},
		{"300 tenants of roles with 200 permissions", made{users: 10, roles: 20, perms: 200}, 300, 10, 0},
		{"300 tenants with groups 8 deep", made{users: 20, roles: 10, perms: 5, groups: 160}, 300, 20, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() { // the race detector makes it slow
				tt.tenants, tt.checked = max(tt.tenants/10, 1), max(tt.checked/10, 1)
			}
			a := cacheOver(t, &tt.store, Options{EagerLimit: tt.eager, CacheBytes: 1 << 40, MaxStaleness: time.Hour})
			before := liveHeap()
			for i := range tt.tenants {
				x := a.Tenant(fmt.Sprintf("tenant%07d", i))
				for u := range tt.checked {
					if _, err := x.Can(ctx, As(tt.store.id("u", u)), "app.p001.do"); err != nil {
						t.Fatal(err)
					}
				}
			}
			heap := liveHeap() - before
			counted := a.cache.bytes.Load()
			ratio := float64(counted) / float64(heap)
			t.Logf("%9d counted, %9d in the heap: %.2f", counted, heap, ratio)
			if ratio < 0.9 || ratio > 1.3 {
				t.Errorf("counted %d bytes, the heap grew by %d: %.2f is not in 0.9–1.3", counted, heap, ratio)
			}
			a.recount(t)
			runtime.KeepAlive(a)
		})
	}
}

// recount compares what is counted with what is there.
func (a *Authority) recount(t testing.TB) {
	t.Helper()
	var sum int64
	for _, c := range a.everyCell() {
		c.mu.Lock()
		if n := c.weigh(t); n != c.bytes {
			t.Errorf("%s: %d bytes counted, %d there", c.tenant, c.bytes, n)
		}
		sum += c.bytes
		c.mu.Unlock()
	}
	if n := a.cache.bytes.Load(); n != sum {
		t.Errorf("%d bytes in all, %d in the tenants", n, sum)
	}
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	for u := a.cache.head; u != nil; u = u.older {
		s := u.cell.snap.Load()
		switch {
		case !u.registered:
			t.Errorf("%s: a unit in the list that is not registered", u.cell.tenant)
		case u.user == "" && u.cell.unit != u, u.user != "" && (s == nil || s.users.Get(u.user) == nil || s.users.Get(u.user).unit != u):
			t.Errorf("%s %q: a unit of what is not there", u.cell.tenant, u.user)
		case u.older == nil && u != a.cache.tail, u.older != nil && u.older.newer != u:
			t.Error("the list is broken")
		}
	}
}

// weigh counts from the beginning.
func (c *cell) weigh(t testing.TB) int64 {
	s := c.snap.Load()
	if s == nil {
		if c.unit != nil || len(c.profiles) > 0 || len(c.trail) > 0 {
			t.Errorf("%s: nothing is loaded, and something is left", c.tenant)
		}
		return 0
	}
	n := cellCost + modelCost(s.base) + int64(s.users.Bytes())
	holders := map[*profile]int{}
	for user, sub := range s.users.All() {
		if sub.unit != nil {
			n += sub.unit.bytes
			if want := userCost(user) + unitCost; sub.unit.bytes != want {
				t.Errorf("%s: unit of %d bytes, want %d", user, sub.unit.bytes, want)
			}
			if !sub.unit.registered {
				t.Errorf("%s can not be evicted", user)
			}
		} else {
			n += userCost(user)
		}
		if (sub.unit == nil) != s.all {
			t.Errorf("%s: a unit %t, all %t", user, sub.unit != nil, s.all)
		}
		if sub.profile != &c.none {
			holders[sub.profile]++
		}
	}
	for p, users := range holders {
		n += p.cost(c.engine.rules)
		if p.users != users || c.profiles[p.key] != p {
			t.Errorf("profile %q: %d users counted, %d there, registered %t", p.key, p.users, users, c.profiles[p.key] == p)
		}
	}
	if len(holders) != len(c.profiles) {
		t.Errorf("%d profiles, %d in use", len(c.profiles), len(holders))
	}
	for _, m := range c.trail {
		n += m.cost()
	}
	return n
}

// A user of a tenant that is loaded whole costs at most 80 bytes beside the
// id. Not parallel: it measures all of the process.
func TestCache_BytesPerUser(t *testing.T) {
	users := 134_000 // a little more than half as many leaves would hold
	if testing.Short() {
		users = 16_700 // likewise
	}
	s := &made{users: users, roles: 10, perms: 10, pad: 16}
	a := cacheOver(t, s, Options{EagerLimit: 1 << 20, CacheBytes: 1 << 40})
	x := a.Tenant("acme")
	before := liveHeap()
	if ok, err := x.Can(t.Context(), As(s.id("u", users-1)), "app.p001.do"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	each := float64(liveHeap()-before) / float64(users)
	t.Logf("%.1f bytes for each user, %d of them for the id", each, s.pad)
	if each-float64(s.pad) > 80 {
		t.Errorf("%.1f bytes for each user beside the id, want at most 80", each-float64(s.pad))
	}
	runtime.KeepAlive(a)
}

// However many tenants come by, memory stays within the bound. Not parallel:
// it measures all of the process.
func TestCache_Churn(t *testing.T) {
	tenants := 10_000
	switch {
	case os.Getenv("RBAC_LONG") != "":
		tenants = 1_000_000
	case testing.Short():
		tenants = 2_000
	}
	const limit = 4 << 20
	for _, tt := range []struct {
		name  string
		eager int
	}{{"whole", 0}, {"user by user", -1}} {
		t.Run(tt.name, func(t *testing.T) {
			s := &made{users: 30, roles: 3, perms: 5, groups: 2}
			a := cacheOver(t, s, Options{EagerLimit: tt.eager, CacheBytes: limit, MaxStaleness: time.Hour})
			before := liveHeap()
			most := int64(0)
			for i := range tenants {
				x := a.Tenant(fmt.Sprintf("t%d", i))
				for u := range 3 {
					if ok, err := x.Can(t.Context(), As(s.id("u", u)), "app.p001.do"); !ok || err != nil {
						t.Fatal(ok, err)
					}
				}
				if n := a.cache.bytes.Load(); n > limit {
					t.Fatalf("%d bytes counted, the bound is %d", n, limit)
				}
				if i%(tenants/4) == tenants/4-1 {
					most = max(most, liveHeap()-before)
				}
			}
			known := 0
			for range a.cells.present().All() {
				known++
			}
			t.Logf("at most %d bytes in the heap; %d tenants known at the end", most, known)
			if most > limit*11/10 {
				t.Errorf("%d bytes in the heap, the bound is %d", most, limit)
			}
			if known > tenants/2 {
				t.Errorf("%d cells known; none was forgotten", known)
			}
			a.recount(t)
			// Whoever was evicted comes back.
			if ok, err := a.Tenant("t0").Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		})
	}
}

// A cell is collected when nothing is loaded in it and nobody is bound to it,
// and is one and the same until then.
func TestCache_CellsAreCollected(t *testing.T) {
	t.Parallel()
	s := &made{users: 5, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{CacheBytes: 1})
	load := func() weak.Pointer[cell] {
		x := a.Tenant("acme")
		if ok, err := x.Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		return weak.Make(x.cell)
	}
	gone := func(p weak.Pointer[cell]) bool {
		for range 3 {
			runtime.GC()
		}
		return p.Value() == nil
	}
	if !gone(load()) {
		t.Fatal("an evicted cell that nobody holds is not collected")
	}
	held := a.Tenant("acme")
	if p := load(); gone(p) || held.cell != p.Value() || a.Tenant("acme").cell != held.cell {
		t.Fatal("a second cell of a tenant somebody is bound to")
	}
	a.cells.forget("acme", &cellRef{}) // the end of an earlier cell, told of late
	if a.Tenant("acme").cell != held.cell {
		t.Fatal("a second cell because an earlier one has gone")
	}
	bound := held.AtLeast(newToken("acme", store.Head{})) // a copy keeps it, too
	p := weak.Make(held.cell)
	held = nil
	if gone(p) || a.Tenant("acme").cell != bound.cell {
		t.Fatal("a second cell of a tenant that a view is bound to")
	}
	runtime.KeepAlive(bound)
	a.cache.limit = 1 << 30
	if gone(load()) {
		t.Fatal("what is loaded is gone")
	}
	runtime.KeepAlive(a)
}

// After random changes, evictions and checks what is counted is what is there;
// and after everything has been evicted, or erased, it is nothing.
func TestCache_CountsWithoutDrift(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"whole":            {},
		"user by user":     {EagerLimit: -1},
		"some of each":     {EagerLimit: 6},
		"evicting":         {CacheBytes: 12_000},
		"evicting users":   {CacheBytes: 12_000, EagerLimit: -1},
		"next to nothing":  {CacheBytes: 1},
		"users one by one": {CacheBytes: 1, EagerLimit: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 1))
			db := memory.New()
			now := time.Now()
			o.Now = func() time.Time { return now }
			a, there := cacheOver(t, db, o), cacheOver(t, db, Options{Now: o.Now})
			ctx, sys := t.Context(), System("test")
			var roles [3][]RoleID
			subject := func() Subject {
				if r.IntN(3) == 0 {
					return Group(fmt.Sprintf("g%d", r.IntN(3)))
				}
				return User(fmt.Sprintf("u%d", r.IntN(6)))
			}
			for n := range 1_500 {
				i := r.IntN(len(roles))
				tenant := fmt.Sprintf("t%d", i)
				x := a.Tenant(tenant)
				by := x
				if r.IntN(3) == 0 {
					by = there.Tenant(tenant)
				}
				role := RoleID("none")
				if len(roles[i]) > 0 {
					role = roles[i][r.IntN(len(roles[i]))]
				}
				var op Op
				switch k := r.IntN(100); {
				case k < 3:
					op = EraseTenant()
				case k < 15:
					op = CreateRole(NewRole{Name: fmt.Sprintf("Role %d", n), Permissions: Set("app.p001.do", Permission(fmt.Sprintf("app.p%03d.do", r.IntN(200))))})
					roles[i] = append(roles[i], op.RoleID())
				case k < 20:
					op = DeleteRole(RoleDeletion{ID: role, Version: 1})
				case k < 24:
					op = Grant(role, Permission(fmt.Sprintf("app.p%03d.do", r.IntN(200))))
				case k < 40:
					op = Assign(NewAssignment{Subject: subject(), Role: role})
				case k < 46:
					op = Assign(NewAssignment{Subject: subject(), Role: role, Until: now.Add(time.Duration(r.IntN(5000)+1) * time.Millisecond)})
				case k < 52:
					op = Unassign(subject(), role)
				case k < 60:
					op = AddMember(fmt.Sprintf("g%d", r.IntN(3)), subject())
				case k < 64:
					op = RemoveMember(fmt.Sprintf("g%d", r.IntN(3)), subject())
				case k < 67:
					op = Offboard(subject())
				case k < 70:
					op = Sweep()
				default:
					if r.IntN(10) == 0 {
						now = now.Add(time.Second)
					}
					if _, err := x.Can(ctx, As(fmt.Sprintf("u%d", r.IntN(6))), "app.p001.do"); err != nil {
						t.Fatal(err)
					}
				}
				if op.String() != (Op{}).String() {
					var no *DeniedError
					if _, err := by.Apply(ctx, sys, op); err != nil && !errors.As(err, &no) {
						t.Fatal(err)
					}
				}
				if a.recount(t); t.Failed() {
					t.Fatalf("after step %d", n)
				}
				if n := a.cache.bytes.Load(); n > a.cache.limit {
					t.Fatalf("%d bytes counted, the bound is %d", n, a.cache.limit)
				}
			}
			a.cache.limit = 0
			a.cache.shrink()
			if n := a.cache.bytes.Load(); n != 0 || a.cache.head != nil || a.cache.tail != nil {
				t.Errorf("%d bytes counted after everything was evicted", n)
			}
		})
	}
}

// An old model does not stay in memory because somebody's rights under it were
// worked out.
func TestCache_OldModelsGo(t *testing.T) {
	t.Parallel()
	db := memory.New()
	a, there := cacheOver(t, db, Options{MaxStaleness: time.Hour}).Tenant("acme"), cacheOver(t, db, Options{}).Tenant("acme")
	var first weak.Pointer[state]
	sys := System("test")
	apply := func(x *Authority, ops ...Op) Receipt {
		t.Helper()
		r, err := x.Apply(t.Context(), sys, ops...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	role := apply(there, CreateRole(NewRole{Name: "Role", Permissions: Set("app.p001.do")})).Role.ID
	apply(there, Assign(NewAssignment{Subject: User("ann"), Role: role}))
	if ok, err := a.Can(t.Context(), As("ann"), "app.p001.do"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	first = weak.Make(a.cell.snap.Load().base)
	apply(a, CreateRole(NewRole{Name: "Another", Permissions: Set()}))
	runtime.GC()
	runtime.GC()
	if first.Value() != nil {
		t.Error("the model before the change is still in memory")
	}
	runtime.KeepAlive(a)
}

// An Authority that nobody has any more is collected with all its tenants,
// loaded or not: one over a transaction of the host's, above all.
func TestCache_EnginesAreCollected(t *testing.T) {
	t.Parallel()
	s := &made{users: 5, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{})
	load := func(a *Authority) weak.Pointer[engine] {
		if ok, err := a.Tenant("acme").Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		return weak.Make(a.engine)
	}
	for name, p := range map[string]weak.Pointer[engine]{"New": load(cacheOver(t, s, Options{})), "Over": load(a.Over(s))} {
		for range 100 {
			if runtime.GC(); p.Value() == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if p.Value() != nil {
			t.Errorf("what %s has returned is never collected", name)
		}
	}
	runtime.KeepAlive(a)
}

// A tenant's map grows and shrinks with its users, and is counted as it does.
func TestCache_CountsTheMapOfTheEvicted(t *testing.T) {
	t.Parallel()
	s := &made{users: 3_000, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{EagerLimit: -1, MaxStaleness: time.Hour})
	x := a.Tenant("acme")
	for i := range s.users {
		if ok, err := x.Can(t.Context(), As(s.id("u", i)), "app.p001.do"); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	n := 0
	for _, sub := range x.cell.snap.Load().users.All() {
		a.cache.remove(sub.unit)
		x.cell.evict(sub.unit)
		if n++; n%100 == 0 {
			a.recount(t)
		}
	}
	if n != s.users || x.cell.snap.Load().users.Len() != 0 {
		t.Errorf("%d users were evicted, and %d are left", n, x.cell.snap.Load().users.Len())
	}
	a.recount(t)
	runtime.KeepAlive(x)
}

// A check marks its user as in use, each time since the cache last looked; but
// not the one for which the user was read.
func TestCache_MarksUsersInUse(t *testing.T) {
	t.Parallel()
	s := &made{users: 2, roles: 2, perms: 2}
	x := cacheOver(t, s, Options{EagerLimit: -1, MaxStaleness: time.Hour}).Tenant("acme")
	for round := range 3 {
		for i := range s.users {
			if ok, err := x.Can(t.Context(), As(s.id("u", i)), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		for user, sub := range x.cell.snap.Load().users.All() {
			if got, want := sub.unit.use.Swap(unused) == used, round > 0; got != want {
				t.Errorf("%s was checked %d times: counts as in use: %t", user, round+1, got)
			}
		}
	}
}

// To evict what has gone by itself, and has come back, evicts nothing.
func TestCache_EvictedTooLate(t *testing.T) {
	t.Parallel()
	s := &made{users: 3, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{EagerLimit: -1, MaxStaleness: time.Hour})
	x := a.Tenant("acme")
	load := func() *unit {
		if ok, err := x.Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		return x.cell.snap.Load().users.Get(s.id("u", 1)).unit
	}
	old, whole := load(), x.cell.unit
	x.cell.evict(whole)
	now := load()
	x.cell.evict(old)
	x.cell.evict(whole)
	if sub := x.cell.snap.Load().users.Get(s.id("u", 1)); sub == nil || sub.unit != now {
		t.Error("who has come back was evicted")
	}
	a.recount(t)
}

// What roles and commits say of themselves is counted.
func TestCache_CountsTexts(t *testing.T) {
	t.Parallel()
	const most = 1_000
	text := strings.Repeat("x", most)
	bare := newRoleRecord(&store.Role{ID: "r", Name: "R", Status: "active"}).bytes
	for name, r := range map[string]store.Role{
		"name":        {Name: text},
		"description": {Name: "R", Description: text},
		"metadata":    {Name: "R", Metadata: map[string]string{text[:most/2]: text[:most/2]}},
		"permissions": {Name: "R", Permissions: []string{text[:60] + ".a", text[:60] + ".b"}},
	} {
		r.ID, r.Status = "r", "active"
		want := int64(most)
		if r.Permissions != nil {
			want = 120
		}
		if got := newRoleRecord(&r).bytes - bare; got < want-1 {
			t.Errorf("%s: %d bytes counted for %d", name, got, want)
		}
	}
	m := move{}
	before := m.cost()
	for i := range 10 {
		m.users = append(m.users, fmt.Sprint(text, i))
	}
	if got := m.cost() - before; got < 10*most {
		t.Errorf("%d bytes counted for the users of a commit", got)
	}
}

// The answer to an earlier question does not shorten a lease that a later one
// has given.
func TestCache_TheLatestQuestionCounts(t *testing.T) {
	t.Parallel()
	s := &made{users: 3, roles: 2, perms: 2}
	now := time.Now()
	x := cacheOver(t, s, Options{MaxStaleness: 2 * time.Second, Now: func() time.Time { return now }}).Tenant("acme")
	if ok, err := x.Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	c := x.cell
	earlier := c.ask()
	now = now.Add(time.Second)
	later := c.ask()
	for _, q := range []asking{later, earlier} {
		if !c.settled(madeHead, q) {
			t.Fatal("the head is the snapshot's")
		}
		if got, want := c.snap.Load().lease, (lease{c.engine.at(later.sent), later.number}); got != want {
			t.Errorf("the lease is %+v, want %+v", got, want)
		}
	}
}

// Whoever is asked about all the time stays, however many others come by, and
// so does the tenant.
func TestCache_SparesUsersInUse(t *testing.T) {
	t.Parallel()
	s := &made{users: 2_000, roles: 2, perms: 2}
	missed, evicted := 0, 0
	ann := s.id("u", 0)
	x := cacheOver(t, s, Options{EagerLimit: -1, CacheBytes: 40_000, MaxStaleness: time.Hour, Observe: func(o Observation) {
		switch {
		case o.Event == ObservedEvict:
			evicted++
		case o.Event == ObservedCheck && o.Actor == ann && !o.Hit:
			missed++
		}
	}}).Tenant("acme")
	for i := range s.users {
		for _, user := range []string{ann, s.id("u", i)} {
			if ok, err := x.Can(t.Context(), As(user), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	if missed != 1 || evicted < s.users/2 {
		t.Errorf("read %d times while %d were evicted", missed, evicted)
	}
}

// So does a tenant that is in use among many that are asked about once.
func TestCache_SparesTenantsInUse(t *testing.T) {
	t.Parallel()
	s := &made{users: 3, roles: 2, perms: 2}
	loaded, evicted := 0, 0
	a := cacheOver(t, s, Options{CacheBytes: 100_000, MaxStaleness: time.Hour, Observe: func(o Observation) {
		switch {
		case o.Event == ObservedEvict:
			evicted++
		case o.Event == ObservedLoad && o.Tenant == "acme":
			loaded++
		}
	}})
	const tenants = 1_000
	for i := range tenants {
		for _, tenant := range []string{"acme", fmt.Sprint("t", i)} {
			if ok, err := a.Tenant(tenant).Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	if loaded != 1 || evicted < tenants/2 {
		t.Errorf("loaded %d times while %d were evicted", loaded, evicted)
	}
}

// Who comes when everybody else is in use does not have to go again at once.
func TestCache_SparesNewcomers(t *testing.T) {
	t.Parallel()
	s := &made{users: 2_000, roles: 2, perms: 2}
	tests := map[string]struct {
		options Options
		ask     func(a *Authority, i int) (*Authority, string)
	}{
		"users": {Options{EagerLimit: -1}, func(a *Authority, i int) (*Authority, string) { return a.Tenant("acme"), s.id("u", i) }},
		"tenants": {Options{CacheBytes: 5_000_000}, func(a *Authority, i int) (*Authority, string) {
			return a.Tenant(fmt.Sprint("t", i)), s.id("u", 1)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evicted, missed := 0, 0
			tt.options.MaxStaleness = time.Hour
			tt.options.CacheBytes = cmp.Or(tt.options.CacheBytes, 30_000)
			tt.options.Observe = func(o Observation) {
				switch {
				case o.Event == ObservedEvict:
					evicted++
				case o.Event == ObservedCheck && !o.Hit:
					missed++
				}
			}
			a := cacheOver(t, s, tt.options)
			can := func(i int) {
				x, user := tt.ask(a, i)
				if ok, err := x.Can(t.Context(), As(user), "app.p001.do"); !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
			last := 0
			for ; evicted == 0; last++ {
				for range 2 {
					for i := range last {
						can(i)
					}
				}
				missed = 0
				can(last)
			}
			if can(last - 1); missed != 1 {
				t.Errorf("read %d times", missed)
			}
		})
	}
}

// A tenant goes after the users of it that go one by one, unless they are all
// on their way already.
func TestCache_TenantsGoLast(t *testing.T) {
	t.Parallel()
	s := &made{users: 5, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{EagerLimit: -1, MaxStaleness: time.Hour})
	x := a.Tenant("acme")
	load := func() {
		for i := range s.users {
			if ok, err := x.Can(t.Context(), As(s.id("u", i)), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	load()
	for _, sub := range x.cell.snap.Load().users.All() {
		sub.unit.use.Store(used)
	}
	for left := s.users; left >= 0; left-- {
		x.cell.marks.And(^markUsed)
		u := a.cache.victim()
		if u == nil || (u.user == "") != (left == 0) {
			t.Fatalf("%+v with %d users left", u, left)
		}
		x.cell.evict(u)
	}
	load()
	for range s.users {
		if u := a.cache.victim(); u.user == "" {
			t.Fatal("a tenant before its users")
		}
	}
	if u := a.cache.victim(); u == nil || u.user != "" {
		t.Errorf("%+v, want the tenant", u)
	}
}

// There is one cell of a tenant, however many ask for it first.
func TestCache_OneCellAtOnce(t *testing.T) {
	t.Parallel()
	const callers = 4
	a := cacheOver(t, &made{}, Options{})
	for i := range 2_000 {
		var shared, own [callers]*cell
		start := make(chan struct{})
		var all sync.WaitGroup
		for n := range callers {
			all.Go(func() {
				<-start
				shared[n] = a.Tenant(fmt.Sprintf("t%d", i)).cell
				own[n] = a.Tenant(fmt.Sprintf("own%d-%d", i, n)).cell
			})
		}
		close(start)
		all.Wait()
		for n := range callers {
			if shared[n] != shared[0] || a.Tenant(fmt.Sprintf("t%d", i)).cell != shared[0] || a.Tenant(fmt.Sprintf("own%d-%d", i, n)).cell != own[n] {
				t.Fatalf("round %d: two cells of one tenant", i)
			}
		}
		runtime.KeepAlive(shared)
		runtime.KeepAlive(own)
	}
}

// What is closed keeps no cells.
func TestCache_ClosedKeepsNoCells(t *testing.T) {
	t.Parallel()
	s := &made{users: 5, roles: 2, perms: 2}
	a := cacheOver(t, s, Options{MaxStaleness: time.Hour})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		x := a.Tenant(fmt.Sprint("x", i))
		for range 3 {
			if ok, err := x.Can(t.Context(), As(s.id("u", 1)), "app.p001.do"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	a.Close()
	a.cache.limit = 0
	a.cache.shrink()
	left := 1
	for try := 0; left > 0 && try < 1_000; try++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
		left = 0
		for range a.cells.present().All() {
			left++
		}
	}
	if left > 0 {
		t.Errorf("%d cells with nothing in them are kept", left)
	}
	runtime.KeepAlive(a)
}
