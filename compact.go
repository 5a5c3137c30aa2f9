package rbac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed80bc5f17/rbac/store"
)

// minKept is the least age of what Compact takes from the log: who asks for the
// outcome of a change, or follows the log, is never that late.
const minKept = time.Hour

// Compact shortens the tenant's log: it hands out the entries that are older
// than olderThan, oldest first, and deletes each page of them after hand has
// returned nil for it. It returns how many it has deleted. The latest entry
// always stays. Nothing else ever shortens the log but an erasure, and when to
// do it is the host's call; changes and checks go on meanwhile.
//
// Entries are handed out as they are kept. Their JSON is complete, fit for an
// archive of a line each, and what [Authority.VerifyArchive] and
// [Authority.Event] take. If hand fails its error is returned, wrapped, and
// what it had accepted before is gone. After any other failure an entry may be
// handed out that was handed out before: an archive keeps the revisions that
// it does not have.
//
// What is gone is missing from History, and Verify takes its outcome for
// granted. The actor must be [System]; olderThan is an hour at least. A store
// that is no [store.Compactor] is an error that matches
// [errors.ErrUnsupported].
func (a *Authority) Compact(ctx context.Context, actor Actor, olderThan time.Duration, hand func([]store.Commit) error) (int, error) {
	if err := a.maintainer(ctx, "compact", actor, func() *InvalidError {
		switch {
		case olderThan < minKept:
			return &InvalidError{"older_than", "must be an hour at least"}
		case hand == nil:
			return &InvalidError{"hand", "is nil"}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	c, ok := a.store.(store.Compactor)
	if !ok {
		return 0, fmt.Errorf("rbac: compact: the store keeps its log whole: %w", errors.ErrUnsupported)
	}
	var refused error
	removed, before := 0, a.now().Add(-olderThan).UnixMicro()
	_, err := patiently(ctx, a.engine, a.tenant, func() (int, error) {
		n, err := c.Compact(ctx, a.tenant, before, func(page []store.Commit) error {
			refused = hand(page)
			return refused
		})
		removed += n
		if refused != nil {
			err = nil // not the store's to repeat
		}
		return n, err
	})
	switch {
	case refused != nil:
		return removed, fmt.Errorf("rbac: compact: %w", refused)
	case errors.Is(err, errors.ErrUnsupported):
		return removed, fmt.Errorf("rbac: compact: %w", err)
	case err != nil:
		return removed, unavailable(err)
	}
	return removed, nil
}

// Event shows an entry that [Authority.Compact] has handed out as History
// showed it.
func (a *Authority) Event(c store.Commit) Event { return a.event(&c) }

// maintainer refuses everybody but the host's own code, in the order in which
// Sweep does.
func (a *Authority) maintainer(ctx context.Context, name string, actor Actor, check func() *InvalidError) error {
	if err := a.ready(ctx); err != nil {
		return err
	}
	if err := actor.check(name); err != nil {
		return err
	}
	if invalid := check(); invalid != nil {
		return invalid
	}
	if !actor.more().system {
		return &DeniedError{Op: name, Actor: actor.String(), Reason: ReasonPermission}
	}
	return nil
}
