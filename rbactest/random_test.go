package rbactest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbactest"
)

func seeded(seed uint64) *rbactest.Random {
	return rbactest.NewRandom(rand.New(rand.NewPCG(seed, 0)), shopCatalog())
}

// history applies n random operations to a random tenant and tells what came
// of each.
func history(t testing.TB, seed uint64, n int) (*rbactest.Fixture, []string) {
	t.Helper()
	random := seeded(seed)
	f := rbactest.New(t, shopCatalog(), nil, random.Policy())
	var out []string
	for actor, op := range random.Ops(f, n) {
		_, err := f.Authority.Apply(context.Background(), actor, op)
		var denied *rbac.DeniedError
		switch {
		case err == nil:
			out = append(out, fmt.Sprintf("%v %v: accepted", actor, op))
		case errors.As(err, &denied):
			out = append(out, fmt.Sprintf("%v %v: %s", actor, op, denied.Reason))
		default:
			out = append(out, fmt.Sprintf("%v %v: %v", actor, op, err))
		}
	}
	return f, out
}

func TestRandom_repeats(t *testing.T) {
	t.Parallel()
	if d := cmp.Diff(seeded(1).Policy(), seeded(1).Policy()); d != "" {
		t.Errorf("(-first +second)\n%s", d)
	}
	if cmp.Equal(seeded(1).Policy(), seeded(2).Policy()) {
		t.Error("two seeds draw the same policy")
	}
	for seed := range uint64(5) {
		_, first := history(t, seed, 200)
		_, second := history(t, seed, 200)
		if d := cmp.Diff(first, second); d != "" {
			t.Errorf("seed %d (-first +second)\n%s", seed, d)
		}
	}
}

// The streams are lively: every operation but the two that only begin and end a
// tenant is accepted now and then, and refusals have many reasons.
func TestRandom_isLively(t *testing.T) {
	t.Parallel()
	accepted, reasons := map[string]int{}, map[string]int{}
	line := regexp.MustCompile(`^\S+ (\S+): (.*)$`)
	for seed := range uint64(20) {
		_, events := history(t, seed, 150)
		for _, event := range events {
			m := line.FindStringSubmatch(event)
			if m[2] == "accepted" {
				accepted[m[1]]++
			} else {
				reasons[m[2]]++
			}
		}
	}
	t.Logf("accepted %v\nrefused %v", accepted, reasons)
	for _, op := range []string{
		"create_role", "edit_role", "delete_role", "grant", "revoke", "assign", "unassign", "add_member", "remove_member", "offboard", "sweep",
	} {
		if accepted[op] == 0 {
			t.Errorf("%s is never accepted", op)
		}
	}
	for _, reason := range []rbac.Reason{
		rbac.ReasonNotFound, rbac.ReasonPermission, rbac.ReasonOwnRole, rbac.ReasonFrozen, rbac.ReasonVersion, rbac.ReasonDominance,
		rbac.ReasonCoverage, rbac.ReasonInactive, rbac.ReasonCycle, rbac.ReasonInUse, rbac.ReasonLastOwner,
	} {
		if reasons[string(reason)] == 0 {
			t.Errorf("nothing is ever refused for %s", reason)
		}
	}
}

func TestRandom_keepsInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		f, _ := history(t, seed, 60)
		rbactest.Invariants(t, f.Authority, "stranger")
	}
}

func TestRandom_Ops_stops(t *testing.T) {
	t.Parallel()
	random := seeded(1)
	f := rbactest.New(t, shopCatalog(), nil, random.Policy())
	n := 0
	for range random.Ops(f, 100) {
		if n++; n == 3 {
			break
		}
	}
	for range random.Ops(f, 2) {
		n++
	}
	if n != 5 {
		t.Errorf("%d operations", n)
	}
}

// From quick and rapid, and from a fuzz test, the seed is what is drawn.
func TestRandom_inFrameworks(t *testing.T) {
	t.Parallel()
	sound := func(seed uint64) bool {
		f, _ := history(t, seed, 10)
		problems, err := rbactest.Violations(context.Background(), f.Authority)
		return err == nil && len(problems) == 0
	}
	if err := quick.Check(sound, &quick.Config{MaxCount: 3}); err != nil {
		t.Error(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		if policy := seeded(rapid.Uint64().Draw(rt, "seed")).Policy(); !slices.Equal(policy.Users["owner"], []string{"Owner"}) {
			rt.Fatalf("%v", policy)
		}
	})
}

func FuzzRandomPolicy(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rbactest.New(t, shopCatalog(), nil, seeded(seed).Policy()) // can always be written
	})
}

func TestRand(t *testing.T) {
	t.Setenv("RBAC_SEED", "")
	var first uint64
	fake := try(func(t testing.TB) { first = rbactest.Rand(t).Uint64() })
	m := regexp.MustCompile(`RBAC_SEED=(\d+) go test -run '\^TestHost\$/\^sub\$'`).FindStringSubmatch(fake.logs.String())
	if fake.failed || m == nil {
		t.Fatalf("%s%s", fake.errors.String(), fake.logs.String())
	}
	if rbactest.Rand(t).Uint64() == first {
		t.Error("two sources draw the same")
	}
	t.Setenv("RBAC_SEED", m[1])
	if rbactest.Rand(t).Uint64() != first {
		t.Error("the seed does not replay")
	}
	t.Setenv("RBAC_SEED", "-1")
	fails(t, func(t testing.TB) { rbactest.Rand(t) }, "RBAC_SEED")
}
