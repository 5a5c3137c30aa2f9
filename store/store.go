// Package store is the contract between the rules and the place where their
// data lives: five methods over plain records, and the promises that make a
// change safe on any database.
//
// A tenant is a chain of revisions. Each [Commit] turns the state at one
// [Head] into the state at the next, or fails with [ErrConflict]. The rules
// are judged on the state at a head and their outcome is written only if the
// tenant is still at that very head, so an implementation needs one atomic
// step, a conditional update of the head, and no isolation level, clock or
// lock beyond it.
//
// Stores know nothing of the rules, and never import the package that does.
// Every identifier reaching a store has been validated; a store keeps it byte
// for byte, and keeps apart what differs in any byte.
//
// Package storetest proves an implementation: run storetest.Run in its tests.
package store

import (
	"context"
	"errors"
)

// Errors a store answers with. Anything else it returns is passed on as a
// failure to find out, never as an answer.
var (
	// ErrConflict is returned by Commit when the tenant is no longer at the
	// expected head. Nothing was written.
	ErrConflict = errors.New("store: the tenant is no longer at the expected head")

	// ErrTransient is returned by any method for a failure that a repetition
	// may cure (a deadlock, a busy database). Nothing was written.
	ErrTransient = errors.New("store: temporary failure, nothing written")

	// ErrUnknown is returned by Commit when the answer of the database was
	// lost: the commit may have been written, may be on its way, or not.
	// Sending the same commits again, with the same expected head, settles it.
	ErrUnknown = errors.New("store: outcome of the commit is unknown")

	// ErrStaleView is returned by the Commit of a store that is bound to a
	// transaction of the host's own, when that transaction sees the tenant as
	// it was at the expected head and cannot see that it has moved on. Nothing
	// was written; only a new transaction helps. It comes wrapped together with
	// ErrConflict.
	ErrStaleView = errors.New("store: the transaction sees an older state of the tenant")

	// ErrCompacted is returned by Log when the entries directly after the
	// given head are not all there, or when that head is not in the chain, or
	// can no longer be proven to be.
	ErrCompacted = errors.New("store: the log does not continue from that head")

	// ErrCorrupt is returned when stored rows contradict each other, for
	// instance when a change does not find the row it replaces. Nothing was
	// written.
	ErrCorrupt = errors.New("store: stored records contradict each other")
)

// MaxPage is the largest Limit of a Query or LogQuery.
const MaxPage = 1000

// Head is the identity of a tenant's state. The number alone is not enough: a
// database restored from a backup uses numbers again. The zero Head is that of
// a tenant never written.
type Head struct {
	Revision uint64
	Commit   string // the id of the commit that made the revision
}

// Kind tells users from groups. User "eng" and group "eng" are different
// subjects.
type Kind string

// The two kinds of subject.
const (
	Group Kind = "group"
	User  Kind = "user"
)

// Subject is a user or a group of one tenant. Subjects are ordered by kind and
// then by id, bytewise.
type Subject struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

// Role is a custom role. Prebuilt roles are code and are never stored.
type Role struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Status      string            `json:"status"`      // "active", "suspended", "blocked"; kept as given
	Permissions []string          `json:"permissions"` // sorted names, no duplicates
	Metadata    map[string]string `json:"metadata,omitempty"`
	Version     uint64            `json:"version"` // 1 when made, one more with each change
	CreatedBy   string            `json:"created_by,omitempty"`
	CreatedAt   int64             `json:"created_at"`       // microseconds since 1970, UTC
	SetBy       string            `json:"set_by,omitempty"` // who last set the permissions; "" = the host itself
	SetAt       int64             `json:"set_at"`           // when they were last set, microseconds

	// Damaged is set by a store that could not decode the record. Such a role
	// is reported, with at least its ID, rather than left out.
	Damaged bool `json:"damaged,omitempty"`
}

// Assignment is one row: a subject holds a role. The key is (Subject, Role).
type Assignment struct {
	Subject   Subject `json:"subject"`
	Role      string  `json:"role"`
	From      int64   `json:"from,omitempty"`       // microseconds since 1970, UTC; 0 = open
	Until     int64   `json:"until,omitempty"`      // exclusive; 0 = open
	GrantedBy string  `json:"granted_by,omitempty"` // user id; "" = the host itself
	GrantedAt int64   `json:"granted_at"`
	Reason    string  `json:"reason,omitempty"`
}

// Membership is one row: Member belongs to the group. The key is (Group, Member).
type Membership struct {
	Group   string  `json:"group"`
	Member  Subject `json:"member"`
	AddedBy string  `json:"added_by,omitempty"`
	AddedAt int64   `json:"added_at"`
	Reason  string  `json:"reason,omitempty"`
}

// Change is what a commit does to one record: Before nil inserts After, After
// nil deletes Before, and with both After replaces Before. Before and After
// have the same key.
type Change[T any] struct {
	Before *T `json:"before,omitempty"`
	After  *T `json:"after,omitempty"`
}

// Commit is one decided operation, or one batch of them, and its entry in the
// tenant's log. A commit names each record at most once.
type Commit struct {
	Revision    uint64 // set by the store when read; ignored when written
	ID          string // random identity, 1–64 ASCII characters, drawn by the caller
	Time        int64  // of the decision; microseconds since 1970, UTC
	Actor       string // user id; "" = the host itself
	Entry       []byte // a JSON object: what was asked, by whom and why; kept byte for byte
	Erase       bool   // first delete every role, assignment, membership and earlier log entry of the tenant
	Roles       []Change[Role]
	Assignments []Change[Assignment]
	Memberships []Change[Membership]
}

// Selection says what Load is to bring.
type Selection struct {
	// Model asks for all roles, all memberships of groups in groups, and all
	// assignments of groups: what is small in a tenant with many users.
	Model bool

	// Subjects asks for these subjects' own assignments, and for their
	// memberships in groups (not the members they have).
	Subjects []Subject

	// AllUpTo asks for every assignment and membership if together they are
	// at most so many; State.All then says so. Zero never asks.
	AllUpTo int
}

// State is what Load brings, all of one revision. No row comes twice.
type State struct {
	Head        Head
	Time        int64 // of the head's commit; 0 if never written
	Roles       []Role
	Assignments []Assignment
	Memberships []Membership
	All         bool // every assignment and membership is here
}

// List names what a Query lists, and with it the order of the page.
type List uint8

// The lists.
const (
	Assignments List = iota + 1 // by (Subject, Role); with Query.Role, that role's only
	Memberships                 // by (Group, Member); with Query.Group, that group's only
	Groups                      // ids of all groups that any row names, by id
)

// Rows narrows a list of assignments by their windows.
type Rows uint8

// Which assignments. A row is expired at t if Until is not 0 and Until <= t;
// otherwise it is live, even if From lies in the future.
const (
	AllRows Rows = iota
	LiveRows
	ExpiredRows
)

// Key is the last key of the previous page. The fields that the list's order
// does not use are zero.
type Key struct {
	Subject Subject // the assignment's subject, or the membership's member
	Role    string
	Group   string
}

// Query asks for one page of a list.
type Query struct {
	List  List
	Role  string // Assignments: only of this role; "" = of all
	Group string // Memberships: only of this group; "" = of all
	Kind  Kind   // only subjects, or members, of this kind; "" = both
	Rows  Rows   // Assignments: which, at the time At
	At    int64
	After Key // only rows after this key, complete even with Role or Group, which need not exist; the zero Key is before all
	Limit int // 1–MaxPage

	// Count asks for the number of rows that match, from the first one on,
	// and for no rows: After and Limit are ignored.
	Count bool
}

// Page is one page of a list, of one revision. A store never shortens a page
// without setting More.
type Page struct {
	Head        Head
	Assignments []Assignment
	Memberships []Membership
	Groups      []string
	More        bool // there are rows after the last one here
	Count       int  // with Query.Count
}

// LogQuery asks for log entries in one of two directions.
type LogQuery struct {
	// After asks for the entries that follow this head, oldest first and
	// without a hole. It is ErrCompacted if the first one to follow is gone,
	// or if After is not (or no longer) provably a head of this chain: the
	// proof is After's own entry, which an erasure takes for every head before
	// it, and a compaction for every head whose entry it deletes. The current
	// head gives no entries and no error.
	After Head

	// Backward asks for entries of revisions smaller than Before (0 = all),
	// newest first, instead. Entries no longer kept are skipped; their
	// revisions are missing from the answer.
	Backward bool
	Before   uint64

	Limit int // 1–MaxPage
}

// Store keeps the tenants. Implementations are safe for concurrent use, keep
// no reference to what they are given after they return, and hand out records
// that the caller may keep and must not modify.
//
// A store is linearizable: each method sees every Commit that returned before
// the call began. A tenant never written is empty, at the zero Head, without
// an error. When ctx has ended, methods return an error that wraps ctx.Err().
type Store interface {
	// Heads returns the present heads of the tenants, in the order asked.
	Heads(ctx context.Context, tenants []string) ([]Head, error)

	// Load returns the selected part of the tenant's state, all of it at one
	// revision: never some rows from before a commit and some from after.
	Load(ctx context.Context, tenant string, sel Selection) (State, error)

	// Scan returns one page of a list. The page is of one revision, which it
	// names; the next page may be of a later one.
	Scan(ctx context.Context, tenant string, q Query) (Page, error)

	// Log returns log entries as q says, with Revision set.
	Log(ctx context.Context, tenant string, q LogQuery) ([]Commit, error)

	// Commit appends cs, in order, as the revisions after expect, and does
	// what they say, in one transaction: all of it or nothing. It fails with
	// ErrConflict unless the tenant is at expect, both number and id, at the
	// very moment of writing. After success the head is
	// {expect.Revision + len(cs), the last one's ID}. No commits are no
	// change: only the head is compared. Errors: ErrConflict, before any
	// other; ErrTransient, ErrCorrupt (nothing written); ErrUnknown. Any
	// other error, that of an ended ctx included, says that nothing was
	// written, too: a store that is not sure answers ErrUnknown.
	Commit(ctx context.Context, tenant string, expect Head, cs []Commit) error
}

// Serializer is an optional capability of a Store: to decide while nobody else
// can commit. It ends the starvation of a process that loses every race.
type Serializer interface {
	// Exclusive locks the tenant against other commits, calls f with a Store
	// that reads and commits under the lock, unlocks, and returns f's error.
	// What f commits is written, and seen by others, when Exclusive returns
	// nil; f commits at most once. If f fails nothing is written. Errors
	// beside f's are those of Commit.
	Exclusive(ctx context.Context, tenant string, f func(locked Store) error) error
}

// Compactor is an optional capability of a Store: to shorten a tenant's log.
// When is up to the host; nothing else ever shortens it but an erasure.
type Compactor interface {
	// Compact hands out the oldest entries of the tenant's log and deletes
	// them, and returns how many it has deleted. It begins with the oldest one
	// and ends at the first whose Time is not less than before, at the latest
	// at the entry of the head, which always stays: what is left of the log
	// has no hole that was not there.
	//
	// Entries come oldest first, each once, in pages of 1–MaxPage, as Log
	// gives them. A page is deleted after hand has returned nil for it, and
	// not otherwise: an error of hand ends the call, which returns it wrapped.
	// So each entry is in the log or with the caller, and after a failure
	// perhaps in both: the next call hands out again what is still there.
	//
	// While hand runs nothing is locked. Commits, erasures and other calls of
	// Compact may come in between; what they have written is not deleted.
	Compact(ctx context.Context, tenant string, before int64, hand func([]Commit) error) (int, error)
}

// Lister is an optional capability of a Store: to say which tenants there are.
type Lister interface {
	// Tenants returns the ids of the tenants that were ever written, erased
	// ones among them, bytewise greater than after ("" = all), in order, at
	// most limit (1–MaxPage).
	Tenants(ctx context.Context, after string, limit int) ([]string, error)
}

// Doctor is an optional capability of a Store: to look after itself.
type Doctor interface {
	// Doctor returns what makes the store unsafe, unreliable or slow, and
	// changes nothing. No findings is good news; an error is no news.
	Doctor(ctx context.Context) ([]Finding, error)
}

// Finding is one thing that is wrong.
type Finding struct {
	Object  string `json:"object"`  // what it is about: a table, a column, a setting, a role
	Problem string `json:"problem"` // what is wrong, and what follows from it
	Remedy  string `json:"remedy"`  // what to do
}

// String returns the finding as one line.
func (f Finding) String() string { return f.Object + ": " + f.Problem + ". " + f.Remedy }
