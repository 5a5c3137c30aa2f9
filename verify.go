package rbac

import (
	"context"
	"sort"

	"github.com/seed80bc5f17/rbac/store"
)

// Verification is the outcome of [Authority.Verify].
type Verification struct {
	Entries  int      `json:"entries"`            // log entries read
	First    uint64   `json:"first,omitempty"`    // the revision of the oldest of them
	Whole    bool     `json:"whole"`              // there are none before it; false: what they had made is taken for granted
	Judged   int      `json:"judged"`             // of the entries, judged again; the others were written under other rules
	Problems []string `json:"problems,omitempty"` // empty: every change that was judged is justified, and the tables are what the log says
	Token    Token    `json:"token"`
}

// maxProblems ends a verification that has found enough.
const maxProblems = 100

// Verify replays the tenant's log from its beginning: it judges every change
// again on the state just before it, by the same function and at the same
// time, and compares what that function says with what was written, and the
// outcome of the whole log with the stored records. Entries written under
// another catalogue or other prebuilt roles are applied unjudged.
//
// Where [Authority.Compact] has shortened the log, the state before its oldest
// entry is what undoing the log leaves of the stored records. That this state
// came about rightly, and that no record which the log does not mention was
// tampered with, can then not be known: Verification.Whole is false.
// [Authority.VerifyArchive] can.
//
// It is for audits and tests: it holds the whole tenant in memory. It matches
// [ErrUnavailable] if the log has a hole, as a change by hand leaves one. The
// actor needs rbac.audit.view.
func (a *Authority) Verify(ctx context.Context, actor Actor) (Verification, error) {
	return a.VerifyArchive(ctx, actor, nil)
}

// VerifyArchive is Verify of a longer log: the archive is what
// [Authority.Compact] has handed out, each revision once and oldest first, and
// is followed by what the log still has. An entry that is in both is compared.
// An archive that begins neither with revision 1 nor with an erasure is an
// [InvalidError].
func (a *Authority) VerifyArchive(ctx context.Context, actor Actor, archive []store.Commit) (Verification, error) {
	var v Verification
	err := a.readAs(ctx, "verify", actor, func(_ *reading, j *judge) error { return j.may(AuditView) })
	if err != nil {
		return v, err
	}
	s, err := a.store.Load(ctx, a.tenant, store.Selection{Model: true, AllUpTo: int(^uint(0) >> 1)})
	if err != nil {
		return v, unavailable(err)
	}
	v.Token = newToken(a.tenant, s.Head)
	r := &replay{rules: a.rules, out: &v, state: emptyTenant()}
	first, found, err := a.oldest(ctx, s.Head)
	if err != nil {
		return v, err
	}
	switch {
	case len(archive) > 0 && !begins(&archive[0]):
		return v, &InvalidError{"archive", "does not begin with revision 1 or an erasure"}
	case len(archive) > 0:
		v.First, v.Whole = archive[0].Revision, true
	default:
		v.First, v.Whole = first.Revision, !found || begins(&first)
	}
	if !v.Whole {
		if err := a.undo(ctx, r.state, s); err != nil {
			return v, err
		}
	}
	for i := range archive {
		r.entry(&archive[i])
	}
	if found {
		if err := a.follow(ctx, r, s.Head, &first, archive); err != nil {
			return v, err
		}
	}
	r.compare(s)
	return v, nil
}

// begins reports whether nothing is to be known of what was before c.
func begins(c *store.Commit) bool { return c.Revision == 1 || c.Erase }

// follow has r take the log, from its first entry to the head.
func (a *Authority) follow(ctx context.Context, r *replay, head store.Head, first *store.Commit, archive []store.Commit) error {
	r.once(first, archive)
	for after := headOf(first); after.Revision < head.Revision && len(r.out.Problems) < maxProblems; {
		entries, err := a.log(ctx, store.LogQuery{After: after, Limit: store.MaxPage})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		for i := range entries {
			if after = headOf(&entries[i]); after.Revision <= head.Revision {
				r.once(&entries[i], archive)
			}
		}
	}
	return nil
}

// undo makes into what the tenant was before its log, given what is stored.
func (a *Authority) undo(ctx context.Context, into *state, s store.State) error {
	for i := range s.Roles {
		into.putRole(RoleID(s.Roles[i].ID), newRoleRecord(&s.Roles[i]))
	}
	for i := range s.Assignments {
		row := &s.Assignments[i]
		into.putRow(row.Subject, RoleID(row.Role), row)
	}
	for i := range s.Memberships {
		row := &s.Memberships[i]
		into.putMember(row.Group, row.Member, row)
	}
	for q := (store.LogQuery{Backward: true, Before: s.Head.Revision + 1, Limit: store.MaxPage}); ; {
		entries, err := a.log(ctx, q)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			put(into, reversed(&entries[i]))
			q.Before = entries[i].Revision
		}
	}
}

func headOf(c *store.Commit) store.Head { return store.Head{Revision: c.Revision, Commit: c.ID} }

// oldest returns the log's oldest entry up to a head. That an entry older than
// a revision is kept is the more likely the later the revision, so the oldest
// can be searched for by halving.
func (a *Authority) oldest(ctx context.Context, head store.Head) (store.Commit, bool, error) {
	newest, err := a.log(ctx, store.LogQuery{Backward: true, Before: head.Revision + 1, Limit: 1})
	if err != nil || len(newest) == 0 {
		return store.Commit{}, false, err
	}
	oldest := newest[0]
	sort.Search(int(newest[0].Revision), func(i int) bool {
		entries, e := a.log(ctx, store.LogQuery{Backward: true, Before: uint64(i) + 2, Limit: 1})
		if e != nil {
			err = e
		}
		if len(entries) > 0 && entries[0].Revision < oldest.Revision {
			oldest = entries[0]
		}
		return len(entries) > 0
	})
	return oldest, true, err
}
