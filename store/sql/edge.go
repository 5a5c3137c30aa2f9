package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/seed80bc5f17/rbac/store"
)

// edge is an assignment or a membership as reading statements bring it: both
// say that a subject is tied to something, by whom, when and why. Having one
// shape they fit in one statement, and one statement is never torn.
type edge struct {
	what        string // assignmentEdge, membershipEdge, or headEdge
	kind, id    string // of the holder or member; of a head: its commit is id
	target      string // role or group
	from, until int64  // of a head: its revision and time
	by          string
	at          int64
	reason      string
}

// The values of edge.what.
const (
	headEdge       = "head"
	assignmentEdge = "assignment"
	membershipEdge = "membership"
)

// selectHead returns the SELECT of the head as an edge, for a UNION ALL with
// the edges that belong to it.
func (s *Store) selectHead(tenant string) *statement {
	return newStatement("SELECT 'head' AS what, '' AS kind, commit_id AS id, '' AS target, revision AS valid_from, committed_at AS valid_until, '' AS changed_by, 0 AS changed_at, '' AS reason FROM "+
		s.names.tenant+" WHERE id = ?", tenant)
}

const (
	selectAssignments = "SELECT 'assignment', subject_kind, subject_id, role_id, valid_from, valid_until, granted_by, granted_at, reason"
	selectMemberships = "SELECT 'membership', member_kind, member_id, group_id, 0, 0, added_by, added_at, reason"
)

// assignments returns a SELECT of the tenant's assignments, to which
// conditions can be added.
func (s *Store) assignments(what, tenant string) *statement {
	return newStatement(what+" FROM "+s.names.assignment+" WHERE tenant_id = ?", tenant)
}

// holders returns a SELECT of the assignments of a role.
func (s *Store) holders(what, tenant, role string) *statement {
	force := strings.ReplaceAll(s.dialect.force, "%s", s.names.prefix+"assignment_by_role")
	return newStatement(what+" FROM "+s.names.assignment+force+" WHERE tenant_id = ? AND role_id = ?", tenant, role)
}

// memberships returns a SELECT of the tenant's memberships, to which
// conditions can be added.
func (s *Store) memberships(what, tenant string) *statement {
	return newStatement(what+" FROM "+s.names.membership+" WHERE tenant_id = ?", tenant)
}

// edges sends the UNION ALL of the head and the parts, and hands each edge to
// add. It returns the head they belong to.
func (s *Store) edges(ctx context.Context, r runner, tenant string, parts []*statement, add func(edge) error) (position, error) {
	q := s.selectHead(tenant)
	for _, part := range parts {
		q.add(" UNION ALL ").append(part)
	}
	var at position
	err := s.dialect.query(ctx, r, q, func(scan func(...any) error) error {
		var e edge
		if err := scan(&e.what, &e.kind, &e.id, &e.target, &e.from, &e.until, &e.by, &e.at, &e.reason); err != nil {
			return err
		}
		if e.what == headEdge {
			at = position{head: store.Head{Revision: uint64(e.from), Commit: e.id}, time: e.until}
			return nil
		}
		return add(e)
	})
	return at, err
}

func (e edge) subject() store.Subject { return store.Subject{Kind: store.Kind(e.kind), ID: e.id} }

func (e edge) assignment() store.Assignment {
	return store.Assignment{
		Subject: e.subject(), Role: e.target, From: e.from, Until: e.until,
		GrantedBy: e.by, GrantedAt: e.at, Reason: e.reason,
	}
}

func (e edge) membership() store.Membership {
	return store.Membership{Group: e.target, Member: e.subject(), AddedBy: e.by, AddedAt: e.at, Reason: e.reason}
}

// addTo puts the edge where it belongs.
func (e edge) addTo(assignments *[]store.Assignment, memberships *[]store.Membership) error {
	switch e.what {
	case assignmentEdge:
		*assignments = append(*assignments, e.assignment())
	case membershipEdge:
		*memberships = append(*memberships, e.membership())
	default:
		return fmt.Errorf("%w: a row is %q", store.ErrCorrupt, e.what)
	}
	return nil
}

func compareAssignments(a, b store.Assignment) int {
	return cmp.Or(cmp.Compare(a.Subject.Kind, b.Subject.Kind), cmp.Compare(a.Subject.ID, b.Subject.ID), cmp.Compare(a.Role, b.Role))
}

func compareMemberships(a, b store.Membership) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Member.Kind, b.Member.Kind), cmp.Compare(a.Member.ID, b.Member.ID))
}
