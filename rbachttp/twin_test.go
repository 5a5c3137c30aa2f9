package rbachttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/rbachttp"
	"github.com/seed80bc5f17/rbac/store"
)

// twin is a role of both worlds: ids are drawn, so they differ.
type twin struct{ web, direct rbac.RoleID }

// twins are two equal worlds, one asked by the API, the other directly.
type twins struct {
	*rand.Rand
	t           *testing.T
	client      *client
	web, direct *world
	roles       []twin            // to choose from
	ids         map[string]string // of all roles there ever were: the web's to the other's
	statuses    map[int]int
	changed     int
}

// TestTwins is one door with two faces: random requests to the API, and the
// same operations on a second Authority, meet the same verdicts and leave the
// same states.
func TestTwins(t *testing.T) {
	t.Parallel()
	n := 10_000
	if testing.Short() {
		n = 1_500
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := &twins{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, web: newWorld(t), direct: newWorld(t), statuses: map[int]int{}}
	w.client = w.web.api(nil)
	w.ids = map[string]string{string(w.web.clerk): string(w.direct.clerk), string(w.web.manager): string(w.direct.manager)}
	w.roles = []twin{{rbac.AdminRole, rbac.AdminRole}, {rbac.UserRole, rbac.UserRole}, {rbac.OwnerRole, rbac.OwnerRole}, {w.web.clerk, w.direct.clerk}, {w.web.manager, w.direct.manager}}
	for range n {
		switch k := w.IntN(10); {
		case k < 4:
			w.single()
		case k < 7:
			w.several()
		default:
			w.read()
		}
		if w.IntN(50) == 0 {
			later := w.web.now.Add(time.Duration(w.IntN(120)) * time.Minute)
			w.web.now, w.direct.now = later, later
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d changes; statuses: %v", w.changed, w.statuses)
	for _, status := range []int{200, 201, 400, 401, 403, 404, 409, 412} {
		if w.statuses[status] < n/1000 && !testing.Short() {
			t.Errorf("status %d came up %d times", status, w.statuses[status])
		}
	}
}

func marshal(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// expected is the status and the reason that an error must come to.
func expected(err error, single bool) (int, string) {
	var denied *rbac.DeniedError
	switch {
	case err == nil:
		return 200, ""
	case errors.As(err, &denied):
		switch denied.Reason {
		case rbac.ReasonNotFound:
			return 404, ""
		case rbac.ReasonVersion:
			if single {
				return 412, "version"
			}
			return 409, "version"
		case rbac.ReasonNameTaken, rbac.ReasonWindow, rbac.ReasonCycle, rbac.ReasonDepth, rbac.ReasonInUse:
			return 409, string(denied.Reason)
		}
		return 403, string(denied.Reason)
	case errors.Is(err, rbac.ErrInvalid):
		return 400, "invalid"
	}
	return 0, err.Error()
}

// same compares the outcome of one change.
func (w *twins) same(what string, code int, body []byte, user string, err error, single bool) {
	w.t.Helper()
	w.statuses[code]++
	status, reason := expected(err, single)
	if user == "" {
		status, reason = 401, ""
	}
	var p rbachttp.Problem
	if code >= 400 {
		if err := json.Unmarshal(body, &p); err != nil {
			w.t.Fatal(err)
		}
	} else if status == 200 && code == 201 {
		code = 200
	}
	if code != status || p.Reason != reason {
		w.t.Fatalf("%s by %q: the API says %d %s, the Authority %v", what, user, code, body, err)
	}
	var denied *rbac.DeniedError
	if errors.As(err, &denied) && user != "" {
		if p.Count != denied.Count && code != 412 || !single && (p.Index == nil || *p.Index != denied.Index) {
			w.t.Fatalf("%s by %q: the API says %s, the Authority %#v", what, user, body, denied)
		}
	}
}

// single sends an operation to the endpoint of its own.
func (w *twins) single() {
	user, actor := w.actor()
	o := w.operation(nil)
	method, target, body, headers := endpointOf(o)
	rec := w.client.do(user, method, target, body, headers...)
	var receiptB rbac.Receipt
	err := error(rbac.ErrDenied)
	if user != "" {
		receiptB, err = w.direct.Apply(context.Background(), actor, o.op)
	}
	w.same(method+" "+target+" "+body, rec.Code, rec.Body.Bytes(), user, err, true)
	if rec.Code < 300 {
		w.done(decoded[receipt](w.t, rec), receiptB, []twinOp{o})
	}
}

// several sends operations as a batch, or as a preview of one.
func (w *twins) several() {
	user, actor := w.actor()
	var ops []twinOp
	var members []any
	var direct []rbac.Op
	for range 1 + w.IntN(4) {
		o := w.operation(ops)
		if w.IntN(60) == 0 {
			o = choose(w,
				twinOp{map[string]any{"op": "sweep"}, rbac.Sweep(), nil},
				twinOp{map[string]any{"op": "erase_tenant"}, rbac.EraseTenant(), nil},
				twinOp{map[string]any{"op": "bootstrap", "subject": rbac.User("u0")}, rbac.Bootstrap("u0"), nil})
		}
		ops, members, direct = append(ops, o), append(members, o.members), append(direct, o.op)
	}
	body := marshal(map[string]any{"ops": members})
	err := error(rbac.ErrDenied)
	if w.IntN(3) == 0 {
		rec := w.client.do(user, "POST", "/preview", body)
		var impact rbac.Impact
		if user != "" {
			impact, err = w.direct.Preview(context.Background(), actor, direct...)
		}
		w.same("preview "+body, rec.Code, rec.Body.Bytes(), user, err, false)
		got := decoded[rbac.Impact](w.t, rec)
		if rec.Code == 200 && (got.Changed != impact.Changed || got.Gaining != impact.Gaining || got.Losing != impact.Losing || cmp.Diff(got.Users, impact.Users) != "") {
			w.t.Fatalf("preview %s: the API says %s, the Authority %+v", body, rec.Body, impact)
		}
		return
	}
	rec := w.client.do(user, "POST", "/batch", body)
	var receiptB rbac.Receipt
	if user != "" {
		receiptB, err = w.direct.Apply(context.Background(), actor, direct...)
	}
	w.same("batch "+body, rec.Code, rec.Body.Bytes(), user, err, false)
	if rec.Code == 200 {
		w.done(decoded[receipt](w.t, rec), receiptB, ops)
	}
}

// done notes the roles that were made, and compares the states.
func (w *twins) done(web receipt, direct rbac.Receipt, ops []twinOp) {
	w.t.Helper()
	if web.Role != nil {
		web.Roles = []*rbac.Role{web.Role}
	}
	for i, o := range ops {
		if o.made != nil && web.Roles[i] != nil {
			w.roles = append(w.roles, twin{web.Roles[i].ID, o.made.direct})
			w.ids[string(web.Roles[i].ID)] = string(o.made.direct)
		}
	}
	if web.Changed != direct.Changed {
		w.t.Fatalf("changed: %t, %t", web.Changed, direct.Changed)
	}
	if !web.Changed {
		return
	}
	w.changed++
	if diff := cmp.Diff(w.state(w.direct), w.state(w.web)); diff != "" {
		w.t.Fatalf("states differ (-Authority +API)\n%s", diff)
	}
	if w.IntN(4) > 0 { // now and then somebody asks for what is gone
		w.roles = slices.DeleteFunc(w.roles, func(r twin) bool {
			_, err := w.direct.Role(context.Background(), rbac.System("test"), r.direct)
			return err != nil
		})
	}
}

// state is what a store has of the tenant, without what is drawn.
func (w *twins) state(x *world) any {
	w.t.Helper()
	s, err := x.store.Store.Load(context.Background(), "default", store.Selection{Model: true, AllUpTo: 1 << 30})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Head.Commit = ""
	return w.plain(marshal(s))
}
