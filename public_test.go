package rbac_test

import (
	"errors"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// Every documented reason can be produced, and matches the sentinels that its
// documentation promises.
func TestReason_EachCanBeProduced(t *testing.T) {
	t.Parallel()
	o := fxNewOrder(t)
	w := o.fxWorld
	empty := fxEmpty(t, nil)
	empty.must(empty.Bootstrap(empty.ctx, empty.sys, "olivia"))
	apply := func(actor rbac.Actor, ops ...rbac.Op) func() error {
		return func() error { return fxErr(w.Apply(w.ctx, actor, ops...)) }
	}
	chain := func() error {
		for i := range 8 {
			if _, err := w.AddMember(w.ctx, w.owner, string(rune('a'+i)), rbac.Group(string(rune('b'+i)))); err != nil {
				return err
			}
		}
		return nil
	}
	held := w.role(fxX)
	w.give(rbac.User("holder"), held)
	harmed := w.role(fxX)
	w.give(rbac.User("boss"), w.role(fxAdminPerms...), w.role(fxA), harmed)
	tests := map[rbac.Reason]struct {
		produce func() error
		also    error // beside ErrDenied
	}{
		rbac.ReasonActor:        {apply(rbac.Actor{}, rbac.Grant(o.small, fxX)), nil},
		rbac.ReasonNotFound:     {apply(o.u, rbac.Grant("role_none", fxX)), rbac.ErrNotFound},
		rbac.ReasonPermission:   {apply(o.viewer, rbac.Grant(o.small, fxX)), nil},
		rbac.ReasonPrebuilt:     {apply(w.owner, rbac.Grant(rbac.AdminRole, fxX)), nil},
		rbac.ReasonOwnRole:      {apply(o.u, rbac.Grant(o.own, fxX)), nil},
		rbac.ReasonFrozen:       {apply(w.owner, rbac.Grant(o.blocked, fxX)), nil},
		rbac.ReasonVersion:      {apply(w.owner, o.editOp(o.small, 77, "N")), rbac.ErrConflict},
		rbac.ReasonDominance:    {apply(o.u, rbac.Grant(o.big, fxX)), nil},
		rbac.ReasonOwner:        {apply(o.u, fxAssign(rbac.User("f"), rbac.OwnerRole)), nil},
		rbac.ReasonOwnerOnly:    {apply(w.owner, rbac.Grant(o.small, fxClose)), nil},
		rbac.ReasonCoverage:     {apply(o.u, fxAssign(rbac.User("f"), o.big)), nil},
		rbac.ReasonInactive:     {apply(w.owner, fxAssign(rbac.User("f"), o.suspended)), nil},
		rbac.ReasonSelfDealing:  {apply(o.u, fxAssign(rbac.User("u"), o.small)), nil},
		rbac.ReasonOutranked:    {apply(o.u, fxAssign(rbac.User("senior"), o.small)), nil},
		rbac.ReasonHarms:        {apply(o.u, rbac.Unassign(rbac.User("boss"), harmed)), nil},
		rbac.ReasonNameTaken:    {apply(w.owner, fxNamed("taken")), rbac.ErrConflict},
		rbac.ReasonWindow:       {apply(w.owner, rbac.Assign(rbac.NewAssignment{Subject: rbac.User("holder"), Role: held, Until: fxEpoch.Add(time.Hour)})), rbac.ErrConflict},
		rbac.ReasonCycle:        {apply(w.owner, rbac.AddMember("g", rbac.Group("g"))), rbac.ErrConflict},
		rbac.ReasonDepth:        {chain, rbac.ErrConflict},
		rbac.ReasonInUse:        {apply(w.owner, w.delete(held)), rbac.ErrInUse},
		rbac.ReasonLastOwner:    {apply(w.owner, rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole)), nil},
		rbac.ReasonHasOwner:     {apply(w.sys, rbac.Bootstrap("otto")), rbac.ErrConflict},
		rbac.ReasonNotHeld:      {func() error { return w.Check(w.ctx, rbac.As("nobody"), fxX) }, nil},
		rbac.ReasonNotSupported: {func() error { return w.Check(w.ctx, w.sys, fxX) }, nil},
	}
	seconds := []error{rbac.ErrNotFound, rbac.ErrConflict, rbac.ErrInUse}
	never := []error{rbac.ErrInvalid, rbac.ErrUnavailable, rbac.ErrStale, rbac.ErrOutcomeUnknown, rbac.ErrClock}
	for name, reason := range fxReasonConstants(t) {
		tt, ok := tests[reason]
		if !ok {
			t.Errorf("%s is produced by no test", name)
			continue
		}
		err := tt.produce()
		if fxDenied(t, reason, err); t.Failed() {
			t.Fatal(name)
		}
		for _, sentinel := range seconds {
			if errors.Is(err, sentinel) != (sentinel == tt.also) {
				t.Errorf("%s: errors.Is(%v) is %t", name, sentinel, errors.Is(err, sentinel))
			}
		}
		for _, sentinel := range never {
			if errors.Is(err, sentinel) {
				t.Errorf("%s matches %v", name, sentinel)
			}
		}
	}
}

// S22 begins with the actor, whatever else is wrong with the request: in
// changes, and in reads, which are checked as changes are.
func TestS22_TheActorFirst(t *testing.T) {
	t.Parallel()
	var nobody rbac.Actor
	t.Run("S22 the actor first, in changes", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		for _, ops := range [][]rbac.Op{nil, {{}}, make([]rbac.Op, 1001), {rbac.Grant("\x00", "*")}} {
			_, err := w.Apply(w.ctx, nobody, ops...)
			fxDenied(t, rbac.ReasonActor, err)
			_, err = w.Preview(w.ctx, nobody, ops...)
			fxDenied(t, rbac.ReasonActor, err)
		}
		fxDenied(t, rbac.ReasonActor, w.CheckJoin(w.ctx, nobody, "\x00", "\x00"))
	})
	t.Run("S22 the actor first, in reads", func(t *testing.T) {
		t.Parallel()
		w := fxNew(t)
		fxDenied(t, rbac.ReasonActor, w.Check(w.ctx, nobody, "app.unknown"))
		for name, read := range fxReads(w, nobody, "\x00", rbac.User("\x00"), "\x00") {
			var denied *rbac.DeniedError
			if err := read(); !errors.As(err, &denied) || denied.Reason != rbac.ReasonActor {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := w.Roles(w.ctx, nobody, rbac.PageQuery{Limit: 501})
		fxDenied(t, rbac.ReasonActor, err)
	})
}

// Nobody may do anything, and that is known.
func TestCan_OfNobody(t *testing.T) {
	t.Parallel()
	w := fxEmpty(t, nil)
	for _, actor := range []rbac.Actor{{}, rbac.System("test")} {
		if ok, err := w.Can(w.ctx, actor, fxA); ok || err != nil {
			t.Errorf("%s: %t, %v", actor, ok, err)
		}
		if err := w.Check(w.ctx, actor, fxA); !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("%s: %v, want a denial", actor, err)
		}
	}
}
