package rbac_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func TestS7_WindowsToTheMicrosecond(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	from, until := fxEpoch.Add(time.Hour), fxEpoch.Add(2*time.Hour)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r, From: from, Until: until}))
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.Group("g"), Role: r, From: from, Until: until}))
	w.join("g", rbac.User("m"))
	for _, tt := range []struct {
		name string
		at   time.Time
		want bool
	}{
		{"long before", fxEpoch, false},
		{"a microsecond before", from.Add(-time.Microsecond), false},
		{"at From", from, true},
		{"a nanosecond before Until", until.Add(-time.Nanosecond), true},
		{"a microsecond before Until", until.Add(-time.Microsecond), true},
		{"at Until", until, false},
		{"after", until.Add(time.Hour), false},
	} {
		w.clock.set(tt.at)
		for _, user := range []string{"u", "m"} {
			p, err := w.Permissions(w.ctx, rbac.As(user), user)
			if err != nil || w.can(user, fxX) != tt.want || p.Has(fxX) != tt.want {
				t.Errorf("%s: %s can is %t, permissions %v, want %t (%v)", tt.name, user, w.can(user, fxX), p, tt.want, err)
			}
		}
		who, err := w.WhoCan(w.ctx, w.sys, fxX, rbac.PageQuery{})
		if err != nil || (len(who.Items) == 3) != tt.want {
			t.Errorf("%s: who can: %v %v", tt.name, who.Items, err)
		}
	}
}

func TestS7_WindowLimits(t *testing.T) {
	t.Parallel()
	us, end := time.Microsecond, time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	for _, tt := range []struct {
		name        string
		from, until time.Time
		field       string // "" = accepted
	}{
		{"open", time.Time{}, time.Time{}, ""},
		{"until a microsecond from now", time.Time{}, fxEpoch.Add(us), ""},
		{"until now", time.Time{}, fxEpoch, "until"},
		{"until a nanosecond from now, which is now", time.Time{}, fxEpoch.Add(1), "until"},
		{"until before now", time.Time{}, fxEpoch.Add(-us), "until"},
		{"from in the past", fxEpoch.Add(-time.Hour), time.Time{}, ""},
		{"from now", fxEpoch, time.Time{}, ""},
		{"from just before until", fxEpoch.Add(us), fxEpoch.Add(2 * us), ""},
		{"from at until", fxEpoch.Add(us), fxEpoch.Add(us), "until"},
		{"from at until, but for nanoseconds", fxEpoch.Add(us), fxEpoch.Add(us + 999), "until"},
		{"from after until", fxEpoch.Add(2 * us), fxEpoch.Add(us), "until"},
		{"the end of 9999", time.Time{}, end, ""},
		{"10000", time.Time{}, end.Add(us), "until"},
		{"from the end of 9999", end, time.Time{}, ""},
		{"from 10000", end.Add(us), time.Time{}, "from"},
		{"from a microsecond after 1970", time.Unix(0, 1000), time.Time{}, ""},
		{"from 1970", time.Unix(0, 0), time.Time{}, "from"},
		{"from 1969", time.Unix(-1, 0), time.Time{}, "from"},
		{"until 1970", time.Time{}, time.Unix(0, 0), "until"},
		{"until 1969", time.Time{}, time.Unix(-1, 0), "until"},
		{"year 0", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, "from"},
		{"year 300,000, whose microseconds wrap around", time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, "from"},
		{"in another zone", time.Time{}, fxEpoch.Add(time.Hour).In(time.FixedZone("x", 3600)), ""},
		{"9999 here and 10000 there", time.Time{}, end.In(time.FixedZone("x", 3600)), ""},
	} {
		w := fxNew(t)
		op := rbac.Assign(rbac.NewAssignment{Subject: rbac.User("u"), Role: w.role(fxX), From: tt.from, Until: tt.until})
		if tt.field != "" {
			if w.invalid(tt.field, w.owner, op); t.Failed() {
				t.Fatal(tt.name)
			}
			continue
		}
		w.accepted(w.owner, op)
		page, err := w.Assignments(w.ctx, w.sys, rbac.User("u"), rbac.PageQuery{})
		if err != nil || len(page.Items) != 1 {
			t.Fatal(tt.name, page.Items, err)
		}
		row := page.Items[0]
		if !row.From.Equal(tt.from.Truncate(us)) || !row.Until.Equal(tt.until.Truncate(us)) || row.From.IsZero() != tt.from.IsZero() || row.Until.IsZero() != tt.until.IsZero() {
			t.Errorf("%s: stored [%v, %v)", tt.name, row.From, row.Until)
		}
		if _, err := w.History(w.ctx, w.owner, rbac.PageQuery{}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A process whose clock is more than a minute behind the head refuses changes.
func TestS16_ClockBehindTheHead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		behind time.Duration
		want   error
	}{
		{"ahead", -30 * time.Minute, nil},
		{"as the head", 0, nil},
		{"60 s behind", 60 * time.Second, nil},
		{"60 s and a microsecond", 60*time.Second + time.Microsecond, rbac.ErrClock},
		{"61 s behind", 61 * time.Second, rbac.ErrClock},
		{"a year behind", 365 * 24 * time.Hour, rbac.ErrClock},
	} {
		w := fxNew(t)
		r := w.role(fxX)
		w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r, Until: fxEpoch.Add(time.Hour)}))
		w.clock.set(fxEpoch.Add(-tt.behind))
		before := w.dump()
		_, err := w.CreateRole(w.ctx, w.owner, rbac.NewRole{Name: "N", Permissions: rbac.Set()})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if tt.want != nil {
			if w.dump() != before || errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrUnavailable) {
				t.Errorf("%s: written, or mistaken: %v", tt.name, err)
			}
			if _, err := w.Preview(w.ctx, w.owner, fxNamed("N")); !errors.Is(err, rbac.ErrClock) {
				t.Errorf("%s: preview: %v", tt.name, err)
			}
		}
		// Reads go on, at the time of the head.
		if !w.can("u", fxX) {
			t.Errorf("%s: u lacks x", tt.name)
		}
	}
}

// A decision is made at max(clock, time of the head): time never runs back.
func TestS16_TimeOfTheHead(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: rbac.User("u"), Role: r, Until: fxEpoch.Add(30 * time.Second)}))
	w.clock.add(30 * time.Second)
	last := w.must(w.AddMember(w.ctx, w.sys, "g", rbac.User("m")))
	w.clock.add(-20 * time.Second) // this process is behind
	if w.can("u", fxX) {
		t.Error("what has expired at the head confers again")
	}
	until := rbac.NewAssignment{Subject: rbac.User("v"), Role: r, Until: fxEpoch.Add(20 * time.Second)}
	w.unchanged(func() {
		_, err := w.Assign(w.ctx, w.sys, until) // in this clock's future, in the head's past
		fxInvalid(t, "until", err)
	})
	w.must(w.AddMember(w.ctx, w.sys, "g", rbac.User("n")))
	page, err := w.History(w.ctx, w.owner, rbac.PageQuery{Limit: 2})
	if err != nil || page.Items[0].Time.Before(page.Items[1].Time) || page.Items[0].Revision != last.Revision+1 {
		t.Errorf("%v %v", page.Items, err)
	}
}

// A decision older than five seconds when it is to be committed is taken again.
func TestS16_OldDecisions(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, nil)
	w.must(w.Bootstrap(w.ctx, w.sys, "olivia"))
	r := w.role(fxX)
	slow, reads := fxEpoch, 0
	a, err := rbac.New(w.store, w.Catalog(), &rbac.Options{Now: func() time.Time {
		if reads++; reads == 3 { // after the decision, before the commit
			slow = slow.Add(6 * time.Second)
		}
		return slow
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := w.must(a.Assign(w.ctx, w.owner, rbac.NewAssignment{Subject: rbac.User("u"), Role: r}))
	page, err := a.History(w.ctx, w.owner, rbac.PageQuery{Limit: 1})
	if err != nil || page.Items[0].Revision != got.Revision || !page.Items[0].Time.Equal(slow) {
		t.Errorf("decided at %v, the clock says %v (%v)", page.Items[0].Time, slow, err)
	}
}

func TestS12_SweepDropsExpiredRows(t *testing.T) {
	t.Parallel()
	w := fxNew(t)
	r := w.role(fxX)
	for i, until := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		for _, s := range []rbac.Subject{rbac.User(string(rune('a' + i))), rbac.Group(string(rune('a' + i)))} {
			w.must(w.Assign(w.ctx, w.sys, rbac.NewAssignment{Subject: s, Role: r, Until: fxEpoch.Add(until)}))
		}
	}
	if w.accepted(w.sys, rbac.Sweep()).Changed {
		t.Error("nothing has expired")
	}
	w.clock.add(2 * time.Hour)
	if !w.accepted(w.sys, rbac.Sweep()).Changed || len(w.holders(r)) != 2 {
		t.Errorf("%v", w.holders(r))
	}
	w.denied(rbac.ReasonPermission, w.owner, rbac.Sweep())
	if w.accepted(w.sys, rbac.Sweep()).Changed {
		t.Error("swept twice")
	}
}
