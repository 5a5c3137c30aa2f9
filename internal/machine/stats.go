package machine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seed80bc5f17/rbac/internal/naive"
)

// Stats counts what runs have met, so that a test can tell that nothing was
// left out. The zero value is ready, and safe for concurrent use.
type Stats struct {
	mu       sync.Mutex
	accepted map[string]int // by kind of operation
	refused  map[string]int // by reason
}

func (s *Stats) count(v naive.Verdict, ops []naive.Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepted == nil {
		s.accepted, s.refused = map[string]int{}, map[string]int{}
	}
	if !v.OK {
		s.refused[v.Reason]++
		return
	}
	for _, op := range ops {
		s.accepted[op.Kind]++
	}
}

// Missing returns the kinds never accepted and the reasons never met.
func (s *Stats) Missing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, kind := range strings.Fields("create edit delete grant revoke assign unassign add_member remove_member offboard bootstrap sweep") {
		if s.accepted[kind] == 0 {
			out = append(out, "accepted "+kind)
		}
	}
	for _, reason := range strings.Fields("actor invalid not_found permission prebuilt own_role frozen version dominance owner owner_only " +
		"coverage inactive self_dealing outranked harms name_taken window cycle in_use last_owner has_owner") {
		if s.refused[reason] == 0 {
			out = append(out, "refused as "+reason)
		}
	}
	return out
}

// String lists the counts.
func (s *Stats) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(s.accepted)) {
		fmt.Fprintf(&b, "accepted %s %d\n", kind, s.accepted[kind])
	}
	for _, reason := range slices.Sorted(maps.Keys(s.refused)) {
		fmt.Fprintf(&b, "refused as %s %d\n", reason, s.refused[reason])
	}
	return b.String()
}
