package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// watching is what a process that watches is to do. It travels as order.Name.
type watching struct {
	Tenants   int
	Staleness time.Duration
	Refresher bool // Start
}

// tenantOf names one of the tenants that are watched.
func tenantOf(i int) string { return fmt.Sprint("watched", i) }

// sighting is a change of the answer. Times are when a check began, in ns since
// 1970; all processes of a machine have the one clock.
type sighting struct {
	Tenant int
	Yes    bool  // the answer is this from now on
	Last   int64 // the last check with the other answer
	First  int64 // the first with this one
	Lost   int   // checks without any since the last sighting
	Error  string
}

// watch checks in each tenant whether ann has app.x, again and again, and says
// when that changes, until its input ends.
func watch(ctx context.Context, o order, _ *rbac.Authority) error {
	var w watching
	if err := json.Unmarshal([]byte(o.Name), &w); err != nil {
		return err
	}
	s, err := o.store()
	if err != nil {
		return err
	}
	c, err := rbac.NewCatalog(rbac.Section{Name: "App", Permissions: []rbac.PermissionInfo{{ID: "app.x"}}})
	if err != nil {
		return err
	}
	a, err := rbac.New(s, c, &rbac.Options{MultiTenant: true, MaxStaleness: w.Staleness})
	if err != nil {
		return err
	}
	if w.Refresher {
		if err := a.Start(ctx); err != nil {
			return err
		}
		defer a.Close()
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for i := range w.Tenants {
		go look(ctx, a.Tenant(tenantOf(i)), func(s sighting) {
			s.Tenant = i
			mu.Lock()
			defer mu.Unlock()
			_ = out.Encode(s) // to nobody, if the test has ended
		})
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func look(ctx context.Context, a *rbac.Authority, tell func(sighting)) {
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for next := (sighting{Yes: true}); ; <-pace.C {
		start := time.Now().UnixNano()
		switch yes, err := a.Can(ctx, rbac.As("ann"), "app.x"); {
		case errors.Is(err, rbac.ErrStale), errors.Is(err, rbac.ErrUnavailable):
			next.Lost++
		case err != nil:
			tell(sighting{Error: err.Error()})
			return
		case yes == next.Yes:
			next.First = start
			tell(next)
			next = sighting{Yes: !yes, Last: start}
		default:
			next.Last = start
		}
	}
}

// sightings sorts what a watching process says by tenant.
func sightings(t *testing.T, p *process, tenants int) []chan sighting {
	by := make([]chan sighting, tenants)
	for i := range by {
		by[i] = make(chan sighting, 1)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for in := json.NewDecoder(p.out); ; {
			var s sighting
			if in.Decode(&s) != nil {
				for _, c := range by {
					close(c)
				}
				return
			}
			select {
			case by[s.Tenant] <- s:
			case <-t.Context().Done():
			}
		}
	})
	t.Cleanup(func() {
		_ = p.in.Close()
		reading.Wait()
		if err := p.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("%v\n%s", err, p.errors)
		}
	})
	return by
}

// see waits for the answer of a tenant to change.
func see(c chan sighting, yes bool) (sighting, error) {
	select {
	case s, ok := <-c:
		switch {
		case !ok:
			return s, errors.New("the watching process has ended")
		case s.Error != "":
			return s, errors.New(s.Error)
		case s.Yes != yes:
			return s, fmt.Errorf("the answer is %t, want %t", s.Yes, yes)
		}
		return s, nil
	case <-time.After(2 * time.Minute):
		return sighting{}, fmt.Errorf("after two minutes the answer is not %t", yes)
	}
}

// until waits for what is bound to come.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	pace := time.NewTicker(time.Millisecond) // not to take the processor from what is waited for
	defer pace.Stop()
	for start := time.Now(); !f(); <-pace.C {
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("not after two minutes: %s", what)
		}
	}
}

// spread says where times lie.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("min %v, median %v, max %v of %d", round(all[0]), round(all[len(all)/2]), round(all[len(all)-1]), len(all))
}
