package main

// report is everything that a run found out; it is what -json writes.
type report struct {
	Go       string   `json:"go"`
	CPU      string   `json:"cpu"`
	Cores    int      `json:"cores"`
	Load     string   `json:"load"` // of the machine before the run; "" = not known
	Seed     uint64   `json:"seed"`
	Took     string   `json:"took"`
	Clock    string   `json:"clock"` // of check and hot; everything else is by the wall clock
	Versions []string `json:"versions"`
	Results  []result `json:"results"`
	Targets  []target `json:"targets"`
}

// result is one row of the table: one participant on one data set. Pointers
// are nil where there is no such figure.
type result struct {
	Data        string `json:"data"`
	Participant string `json:"participant"`
	Preloaded   bool   `json:"preloaded"` // everything was in memory before the first question
	Verified    int    `json:"verified"`  // answers compared with the oracle's before measuring
	Missing     string `json:"missing,omitempty"`

	Check          float64 `json:"check"`           // ns, one goroutine, median of the rounds
	OverFloor      float64 `json:"over_floor"`      // Check as a multiple of the floor's in the same round, median
	Warm           bool    `json:"warm"`            // there was time to ask every hot question once before measuring them
	Hot            float64 `json:"hot"`             // ns, 256 questions again and again
	HotOverFloor   float64 `json:"hot_over_floor"`  // likewise
	Parallel       float64 `json:"parallel"`        // ns of wall clock for one check, all cores checking
	Speedup        float64 `json:"speedup"`         // by all cores, over one
	AllocationsYes float64 `json:"allocations_yes"` // for one check that is allowed
	AllocationsNo  float64 `json:"allocations_no"`  // for one that is denied
	Load           float64 `json:"load"`            // ms
	HeapPerUser    float64 `json:"heap_per_user"`   // bytes
	StorePerUser   float64 `json:"store_per_user"`  // bytes of a database in memory beside that; 0 = none
	Cover          float64 `json:"cover"`           // µs of an escalation question, median; 0 = cannot
	CoverVerified  int     `json:"cover_verified"`

	Changes *changes `json:"changes,omitempty"`
	Latency *latency `json:"latency,omitempty"`
	Micro   []micro  `json:"micro,omitempty"`
}

// micro is an operation that a participant has beside checks, against the
// least that could do the same.
type micro struct {
	Name   string  `json:"name"`
	Ns     float64 `json:"ns"`
	Bare   string  `json:"bare"` // what it is compared with
	BareNs float64 `json:"bare_ns"`
	Ratio  float64 `json:"ratio"` // median of the rounds

	Limit   float64 `json:"limit,omitempty"`    // target for Ratio
	LimitNs float64 `json:"limit_ns,omitempty"` // target for Ns
}

// find returns the result of a participant on a data set.
func (r *report) find(data, participant string) *result {
	for i := range r.Results {
		if x := &r.Results[i]; x.Data == data && x.Participant == participant && x.Missing == "" {
			return x
		}
	}
	return nil
}
