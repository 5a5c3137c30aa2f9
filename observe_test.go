package rbac_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// fxObserver remembers what it is told.
type fxObserver struct {
	mu   sync.Mutex
	told []rbac.Observation
}

func (o *fxObserver) observe(told rbac.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, told)
}

// take returns what came since the last time, of some kinds of event.
func (o *fxObserver) take(events ...rbac.Observed) []rbac.Observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	told := o.told
	o.told = nil
	return slices.DeleteFunc(told, func(o rbac.Observation) bool { return !slices.Contains(events, o.Event) })
}

// expect compares what came since the last time.
func (o *fxObserver) expect(t *testing.T, events []rbac.Observed, want ...rbac.Observation) {
	t.Helper()
	if diff := cmp.Diff(want, o.take(events...), cmpopts.EquateErrors(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

// fxObserved is a tenant whose owner and clerk are told apart, with an empty
// memory of what happened so far.
func fxObserved(t *testing.T, o rbac.Options) (*fxWorld, *fxObserver) {
	t.Helper()
	var seen fxObserver
	o.Observe = seen.observe
	w := fxEmpty(t, &o)
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	w.bare("carl", fxX)
	seen.take()
	return w, &seen
}

func second[T any](_ T, err error) error { return err }

func TestObserve_Check(t *testing.T) {
	t.Parallel()
	w, seen := fxObserved(t, rbac.Options{})
	down := errors.New("down")
	check := func(p rbac.Permission, hit, allowed bool, err error) rbac.Observation {
		return rbac.Observation{Event: rbac.ObservedCheck, Tenant: "default", Actor: "carl", Permission: p, Hit: hit, Allowed: allowed, Err: err}
	}
	carl := rbac.As("carl")
	tests := []struct {
		name string
		ask  func() error
		want rbac.Observation
	}{
		{"yes", func() error { return w.Check(w.ctx, carl, fxX) }, check(fxX, true, true, nil)},
		{"no", func() error { return second(w.Can(w.ctx, carl, fxY)) }, check(fxY, true, false, nil)},
		{"narrowed", func() error { return w.Check(w.ctx, carl.Only("role_other"), fxX) }, check(fxX, true, false, nil)},
		{"resolve", func() error { return second(w.Resolve(w.ctx, carl)) }, check("", true, false, nil)},
		{"the store is asked", func() error { return w.Fresh().Check(w.ctx, carl, fxX) }, check(fxX, false, true, nil)},
		{"of the host itself, a denial", func() error { return w.Check(w.ctx, w.sys, fxX) }, rbac.Observation{Event: rbac.ObservedCheck, Tenant: "default", Actor: "system", Permission: fxX}},
		{"after the lease", func() error { w.clock.add(time.Minute); return w.Check(w.ctx, carl, fxX) }, check(fxX, false, true, nil)},
		{"no answer", func() error {
			w.store.setFault(func(context.Context, string, int) error { return down })
			return w.Fresh().Check(w.ctx, carl, fxX)
		}, check(fxX, false, false, down)},
		{"none for Resolve", func() error { return second(w.Fresh().Resolve(w.ctx, carl)) }, check("", false, false, down)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_ = tt.ask()
			seen.expect(t, []rbac.Observed{rbac.ObservedCheck}, tt.want)
		})
	}
}

func TestObserve_Load(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	tests := []struct {
		name    string
		options rbac.Options
		fault   error
		want    []rbac.Observation
	}{
		// A role, and olivia's and carl's assignments.
		{"a tenant", rbac.Options{}, nil, []rbac.Observation{{Count: 3}}},
		// The role and carl's assignment, and later dora, who has nothing.
		{"users", rbac.Options{EagerLimit: -1}, nil, []rbac.Observation{{Count: 2}, {Count: 0}}},
		{"an error", rbac.Options{}, down, []rbac.Observation{{Err: down}, {Err: down}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			made := fxNew(t)
			made.bare("carl", fxX)
			var seen fxObserver
			o := tt.options
			o.Observe, o.Now = seen.observe, made.clock.now
			a, err := rbac.New(made.store, fxCatalog(t), &o)
			if err != nil {
				t.Fatal(err)
			}
			made.store.setFault(func(_ context.Context, method string, _ int) error {
				made.clock.add(time.Millisecond)
				return tt.fault
			})
			for _, user := range []string{"carl", "dora"} {
				_, err := a.Can(made.ctx, rbac.As(user), fxX)
				if !errors.Is(err, tt.fault) {
					t.Errorf("%s: %v", user, err)
				}
			}
			for i := range tt.want {
				tt.want[i].Event, tt.want[i].Tenant, tt.want[i].Took = rbac.ObservedLoad, "default", time.Millisecond
			}
			seen.expect(t, []rbac.Observed{rbac.ObservedLoad}, tt.want...)
		})
	}
}

func TestObserve_Poll(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, fault := range map[string]error{"done": nil, "an error": down} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, seen := fxObserved(t, rbac.Options{})
			w.store.setFault(func(context.Context, string, int) error {
				w.clock.add(time.Millisecond)
				return fault
			})
			_ = w.Fresh().Check(w.ctx, rbac.As("carl"), fxX)
			seen.expect(t, []rbac.Observed{rbac.ObservedPoll, rbac.ObservedLoad},
				rbac.Observation{Event: rbac.ObservedPoll, Tenant: "default", Took: time.Millisecond, Count: 1, Err: fault})
		})
	}
}

// A round of the refresher is one poll, of nobody's in particular.
func TestObserve_PollOfSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen fxObserver
		a, err := rbac.New(memory.New(), fxCatalog(t), &rbac.Options{MultiTenant: true, MaxStaleness: 3 * time.Second, Observe: seen.observe})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		for _, tenant := range []string{"one", "two"} {
			if _, err := a.Tenant(tenant).Can(t.Context(), rbac.As("carl"), fxX); err != nil {
				t.Fatal(err)
			}
		}
		seen.take()
		time.Sleep(1500 * time.Millisecond) // of the bubble: past one round
		synctest.Wait()
		seen.expect(t, []rbac.Observed{rbac.ObservedPoll, rbac.ObservedLoad}, rbac.Observation{Event: rbac.ObservedPoll, Count: 2})
	})
}

func TestObserve_Evict(t *testing.T) {
	t.Parallel()
	var seen fxObserver
	w := fxEmpty(t, &rbac.Options{MultiTenant: true, CacheBytes: 1, Observe: seen.observe})
	acme := w.Tenant("acme")
	w.must(acme.Bootstrap(w.ctx, w.sys, "olivia"))
	seen.take()
	if err := acme.Check(w.ctx, rbac.As("olivia"), fxX); err != nil {
		t.Fatal(err)
	}
	evicted := seen.take(rbac.ObservedEvict)
	if len(evicted) == 0 {
		t.Fatal("nothing was evicted")
	}
	for _, o := range evicted {
		if o.Tenant != "acme" || o.Count <= 0 || o.Err != nil {
			t.Errorf("evicted %+v", o)
		}
	}
}

// fxChanging is what changes to a tenant are observed as.
var fxChanging = []rbac.Observed{rbac.ObservedChange, rbac.ObservedConflict, rbac.ObservedRetry}

func TestObserve_Change(t *testing.T) {
	t.Parallel()
	down, transient := errors.New("down"), &passing{}
	change := func(o rbac.Observation) rbac.Observation {
		o.Event, o.Tenant, o.Count = rbac.ObservedChange, "default", 1
		return o
	}
	retry := func(err error) rbac.Observation {
		return rbac.Observation{Event: rbac.ObservedRetry, Tenant: "default", Err: err}
	}
	conflict := rbac.Observation{Event: rbac.ObservedConflict, Tenant: "default", Count: 1}
	tests := []struct {
		name  string
		actor string // default: olivia
		fault func(w *fxWorld, method string, n int) error
		want  []rbac.Observation
	}{
		{"committed", "", func(*fxWorld, string, int) error { return nil }, []rbac.Observation{change(rbac.Observation{})}},
		{"refused", "carl", func(*fxWorld, string, int) error { return nil }, []rbac.Observation{change(rbac.Observation{})}},
		{"takes its time", "", func(w *fxWorld, method string, n int) error {
			if method == "Commit" {
				w.clock.add(time.Second)
			}
			return nil
		}, []rbac.Observation{change(rbac.Observation{Took: time.Second})}},
		{"no answer to a read", "", func(_ *fxWorld, method string, n int) error {
			if method == "Load" {
				return down
			}
			return nil
		}, []rbac.Observation{change(rbac.Observation{Err: down})}},
		{"no answer to a commit", "", func(_ *fxWorld, method string, n int) error {
			if method == "Commit" {
				return down
			}
			return nil
		}, []rbac.Observation{change(rbac.Observation{Err: down})}},
		{"somebody else was first", "", func(w *fxWorld, method string, n int) error {
			if method == "Commit" && n == 1 {
				w.raw(store.Commit{})
			}
			return nil
		}, []rbac.Observation{conflict, change(rbac.Observation{})}},
		{"a read is repeated", "", func(_ *fxWorld, method string, n int) error {
			if method == "Load" && n == 1 {
				return transient
			}
			return nil
		}, []rbac.Observation{retry(transient), change(rbac.Observation{})}},
		{"a commit is repeated", "", func(_ *fxWorld, method string, n int) error {
			if method == "Commit" && n <= 2 {
				return transient
			}
			return nil
		}, []rbac.Observation{retry(transient), retry(transient), change(rbac.Observation{})}},
		{"a commit whose answer was lost", "", func(_ *fxWorld, method string, n int) error {
			if method == "Commit" && n == 1 {
				return store.ErrUnknown
			}
			return nil
		}, []rbac.Observation{retry(store.ErrUnknown), change(rbac.Observation{})}},
		{"what fails to the end", "", func(_ *fxWorld, method string, n int) error {
			if method == "Load" {
				return transient
			}
			return nil
		}, append(slices.Repeat([]rbac.Observation{retry(transient)}, 7), change(rbac.Observation{Err: transient}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, seen := fxObserved(t, rbac.Options{})
			actor := w.owner
			if tt.actor != "" {
				actor = rbac.As(tt.actor)
			}
			w.store.setFault(func(_ context.Context, method string, n int) error { return tt.fault(w, method, n) })
			_, _ = w.AddMember(w.ctx, actor, "g", rbac.User("dora"))
			seen.expect(t, fxChanging, tt.want...)
		})
	}
}

// passing is a failure that may pass, and is like no other.
type passing struct{}

func (*passing) Error() string { return "busy" }
func (*passing) Unwrap() error { return store.ErrTransient }

// Changes that waited together are one group.
func TestObserve_Group(t *testing.T) {
	t.Parallel()
	w, seen := fxObserved(t, rbac.Options{})
	synced := make(chan struct{})
	arrived := make(chan struct{}, 1)
	w.store.setFault(func(_ context.Context, method string, n int) error {
		if method == "Commit" && n == 1 {
			arrived <- struct{}{}
			<-synced
		}
		return nil
	})
	var group sync.WaitGroup
	add := func(user string) {
		group.Go(func() {
			if _, err := w.AddMember(w.ctx, w.owner, "g", rbac.User(user)); err != nil {
				t.Error(err)
			}
		})
	}
	add("u0")
	<-arrived
	for _, user := range []string{"u1", "u2", "u3"} {
		add(user)
	}
	close(synced)
	group.Wait()
	calls := 0
	for _, o := range seen.take(rbac.ObservedChange) {
		if o.Err != nil || o.Tenant != "default" {
			t.Errorf("observed %+v", o)
		}
		calls += o.Count
	}
	if calls != 4 {
		t.Errorf("4 calls of Apply were observed as %d", calls)
	}
}

// deaf is a store whose hints cannot be received.
type deaf struct {
	store.Store
	err error
}

func (d deaf) Listen(context.Context, func(string)) error { return d.err }

func TestObserve_RetryOfListening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen fxObserver
		down := errors.New("down")
		a, err := rbac.New(deaf{memory.New(), down}, fxCatalog(t), &rbac.Options{Observe: seen.observe})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond) // of the bubble: there is a pause of a second
		a.Close()
		want := rbac.Observation{Event: rbac.ObservedRetry, Err: down}
		seen.expect(t, fxChanging, want, want)
	})
}

// A check costs no memory, whether it is observed or not, and whatever it says;
// but the error that says no does if it is kept.
func TestObserve_Allocs(t *testing.T) {
	var seen rbac.Observation
	for name, observe := range map[string]func(rbac.Observation){
		"unobserved": nil,
		"observed":   func(o rbac.Observation) { seen = o },
	} {
		t.Run(name, func(t *testing.T) {
			w := fxEmpty(t, &rbac.Options{Observe: observe, Now: time.Now})
			w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
			carl := w.bare("carl", fxX)
			_ = w.Check(w.ctx, carl, fxX)
			if testing.CoverMode() == "" { // counting statements keeps Check from being inlined
				if n := testing.AllocsPerRun(1000, func() {
					if err := w.Check(w.ctx, carl, fxY); err == nil {
						t.Error("carl may do anything")
					}
				}); n > 0 {
					t.Errorf("a check that is denied takes %v allocations", n)
				}
			}
			var err error
			if n := testing.AllocsPerRun(1000, func() { err = w.Check(w.ctx, carl, fxY) }); n > 1 {
				t.Errorf("a check that is denied takes %v allocations with its error", n)
			}
			var denied *rbac.DeniedError
			if !errors.As(err, &denied) || denied.Actor != "carl" || denied.Permission != fxY || denied.Reason != rbac.ReasonNotHeld {
				t.Errorf("%+v", err)
			}
			if n := testing.AllocsPerRun(1000, func() { _ = w.Check(w.ctx, carl, fxX) }); n > 0 {
				t.Errorf("a check takes %v allocations", n)
			}
		})
	}
	if want := (rbac.Observation{Event: rbac.ObservedCheck, Tenant: "default", Actor: "carl", Permission: fxX, Hit: true, Allowed: true}); seen != want {
		t.Errorf("the last check was observed as %+v", seen)
	}
}
