package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var tiny = []size{
	{"tiny", 1, 20, 300},
	{"tiny-tenants", 4, 10, 50},
}

var tinyEffort = effort{
	questions: 2_000,
	verify:    time.Minute,
	warm:      time.Minute,
	rounds:    1,
	slot:      100 * time.Microsecond,
	cover:     20 * time.Millisecond,
	change:    20 * time.Millisecond,
	latency:   20 * time.Millisecond,
}

// TestAnswers measures everybody on tiny data, which compares every answer
// with the oracle's. Only a cache of answers may give wrong ones after a
// change.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, s := range tiny {
		d := generate(s, defaultSeed)
		qs := d.ask(defaultSeed)
		base, err := floorContestant.open(d, &meter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range contestants {
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				r := &runner{effort: tinyEffort, seed: defaultSeed, progress: io.Discard}
				x, err := r.measure(c, d, qs, base)
				if err != nil {
					t.Fatalf("seed %d: %v", defaultSeed, err)
				}
				if want := tinyEffort.questions + distinctHot; x.Verified != want {
					t.Errorf("seed %d: %d answers were verified, want %d", defaultSeed, x.Verified, want)
				}
				if x.Changes == nil {
					if c.name != floorContestant.name {
						t.Error("it cannot change")
					}
					return
				}
				if wrong := x.Changes.StaleYes + x.Changes.StaleNo; wrong > 0 && !strings.HasSuffix(c.name, "cached") {
					t.Errorf("seed %d: %d answers were stale after %d changes", defaultSeed, wrong, x.Changes.Made)
				}
			})
		}
	}
}

// liar gives one wrong answer.
type liar struct {
	participant
	about question
}

func (l *liar) ask(qs []question) (int, error) {
	n, err := l.participant.ask(qs)
	for _, q := range qs {
		if q.user == l.about.user && q.permission == l.about.permission {
			if q.want {
				n--
			} else {
				n++
			}
		}
	}
	return n, err
}

func (l *liar) covers(q coverQuestion) (bool, error) {
	got, err := l.participant.covers(q)
	if l.about == (question{}) {
		got = !got
	}
	return got, err
}

// TestLiar makes sure that one wrong answer stops everything.
func TestLiar(t *testing.T) {
	t.Parallel()
	s := tiny[0]
	d := generate(s, defaultSeed)
	qs := d.ask(defaultSeed)
	yes, no := split(qs.uniform[:tinyEffort.questions])
	tests := []struct {
		name  string
		about question
	}{
		{"says no", yes[len(yes)-1]},
		{"says yes", no[len(no)-1]},
		{"is wrong about roles", question{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &runner{effort: tinyEffort, seed: defaultSeed, progress: io.Discard}
			_, err := r.run(s, []contestant{{name: "liar", open: func(d *data, m *meter) (participant, error) {
				honest, err := openRWMap(d, m)
				return &liar{honest, tt.about}, err
			}}})
			var wrong *wrongAnswer
			if !errors.As(err, &wrong) {
				t.Errorf("seed %d: error %v, want a wrong answer", defaultSeed, err)
			}
		})
	}
}

// TestEachGuard makes sure that either guard alone, the comparison one by one
// and the number of yes while measuring, notices the liar.
func TestEachGuard(t *testing.T) {
	t.Parallel()
	d := generate(tiny[0], defaultSeed)
	qs := d.ask(defaultSeed).uniform[:100]
	honest, err := openRWMap(d, &meter{})
	if err != nil {
		t.Fatal(err)
	}
	lying := &liar{honest, qs[99]}
	tests := []struct {
		name string
		err  func(participant) error
	}{
		{"verify", func(p participant) error { _, err := verify(p, qs, len(qs), time.Minute); return err }},
		{"timed", func(p participant) error { _, err := timed(p, newSequence(qs), len(qs), time.Minute); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.err(honest); err != nil {
				t.Errorf("seed %d: an honest participant: %v", defaultSeed, err)
			}
			var wrong *wrongAnswer
			if err := tt.err(lying); !errors.As(err, &wrong) {
				t.Errorf("seed %d: a liar: error %v, want a wrong answer", defaultSeed, err)
			}
		})
	}
}

// TestStale makes sure that a change which does nothing is counted.
func TestStale(t *testing.T) {
	t.Parallel()
	d := generate(tiny[0], defaultSeed)
	qs := d.ask(defaultSeed)
	honest, err := openRWMap(d, &meter{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := change(&deaf{honest}, qs.changes, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if c.Made != changeCount || c.StaleYes != changeCount || c.StaleNo != 0 {
		t.Errorf("seed %d: %d of %d revocations were found stale and %d restorations, want all and none", defaultSeed, c.StaleYes, c.Made, c.StaleNo)
	}
}

// deaf takes nothing away from anybody.
type deaf struct{ participant }

func (deaf) assign(_, _, _ string) error   { return nil }
func (deaf) unassign(_, _, _ string) error { return nil }
func (deaf) grant(_, _, _ string) error    { return nil }
func (deaf) revoke(_, _, _ string) error   { return nil }

func TestSameSeed(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) []question { return generate(tiny[1], seed).ask(seed).uniform }
	if !slices.Equal(draw(1), draw(1)) {
		t.Error("the same seed gave other questions")
	}
	if slices.Equal(draw(1), draw(2)) {
		t.Error("another seed gave the same questions")
	}
}

func TestOracle(t *testing.T) {
	t.Parallel()
	d := &data{tenants: []tenant{{roles: []role{{permissions: []string{"a", "b"}}, {permissions: []string{"b", "c"}}}}}}
	one, both := user{first: 0, second: -1}, user{first: 0, second: 1}
	tests := []struct {
		name      string
		got, want bool
	}{
		{"by the first role", d.allowed(0, one, "a"), true},
		{"by no role", d.allowed(0, one, "c"), false},
		{"by the second role", d.allowed(0, both, "c"), true},
		{"covers the same role", d.covered(0, one, 0), true},
		{"covers a part of a role", d.covered(0, one, 1), false},
		{"covers a role with the second one", d.covered(0, both, 1), true},
		{"only by the first", d.onlyBy(0, both, "a"), true},
		{"by both", d.onlyBy(0, both, "b"), false},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, tt.got, tt.want)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
	}{
		{"an unknown data set", []string{"-size", "huge"}},
		{"an unknown participant", []string{"-peers", "rbac,nobody"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := run(tt.args, &out, io.Discard); err == nil || out.Len() > 0 {
				t.Errorf("error %v and output %q, want an error and none", err, out.String())
			}
		})
	}
	chosen, err := choose("casbin*")
	if err != nil || len(chosen) != 5 {
		t.Errorf("choose(casbin*) = %d participants and error %v, want 5", len(chosen), err)
	}
}
