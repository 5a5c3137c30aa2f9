package rbac

import "time"

// Observed says what an [Observation] is about.
type Observed string

// What can be observed.
const (
	ObservedCheck    Observed = "check"    // Check, Can, Resolve or a Principal answered; Hit, Allowed
	ObservedLoad     Observed = "load"     // a tenant, or users of one, were read into memory; Took, Count = records, Err
	ObservedPoll     Observed = "poll"     // the store was asked whether tenants have moved on; Took, Count = tenants, Err
	ObservedEvict    Observed = "evict"    // memory was given back; Count = bytes
	ObservedChange   Observed = "change"   // a group of changes was decided and, if they change anything, committed; Took, Count = calls of Apply, Err
	ObservedConflict Observed = "conflict" // somebody else committed first; the changes will be judged again; Count = calls of Apply
	ObservedRetry    Observed = "retry"    // the store failed in a way that may pass, and will be asked again; Err
)

// Observation is something that happened inside, for the host's metrics and
// logs. See [Options.Observe], and package observe for adapters.
type Observation struct {
	Event   Observed
	Tenant  string        // "" for a poll of several
	Took    time.Duration // by Options.Now
	Count   int
	Hit     bool // Check: answered without asking the store
	Allowed bool // Check and Can: the answer, if Err is nil
	Actor   string
	// Permission is what Check and Can were asked about; "" for Resolve.
	Permission Permission
	Err        error // what went wrong; nil for a denial
}

func (e *engine) observe(o Observation) {
	if e.observer != nil {
		e.observer(o)
	}
}

func (e *engine) since(t time.Time) time.Duration { return e.now().Sub(t) }
