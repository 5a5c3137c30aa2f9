package rbac

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// worldSearch visits, breadth first, what can be reached from a start.
type worldSearch struct {
	off      guards
	everyone bool   // P4: a, b, c and System act; otherwise a and b, and System only sweeps
	full     int    // every sequence of so many steps is tried
	steps    int    // beyond that, up to so many
	budget   int    // while fewer states than this have been expanded
	walks    int    // then so many walks go on from anywhere, eight steps each
	batches  int    // batches tried on a state, per actor
	pairs    bool   // all batches of two are tried at the start
	find     string // stop at the first violation of this property; "" = of any
}

// worldCount is what a search has seen.
type worldCount struct {
	starts   int
	states   int // distinct ones reached
	expanded int // those of them on which everything was tried
	bound1   int // states to which P1 and P2 say something: the coalition lacks something
	bound3   int // states to which P3 says something: c has stood above
	decided  int
	idle     int // accepted, and nothing to change
	accepted [worldKinds]int
	complete map[int]int // starts by the number of steps of which every sequence was tried
	found    []worldViolation
}

type worldViolation struct {
	worldFinding
	trace string
}

func (c *worldCount) add(d *worldCount) {
	c.starts += d.starts
	c.states += d.states
	c.expanded += d.expanded
	c.bound1 += d.bound1
	c.bound3 += d.bound3
	c.decided += d.decided
	c.idle += d.idle
	for k, n := range d.accepted {
		c.accepted[k] += n
	}
	if c.complete == nil {
		c.complete = map[int]int{}
	}
	for k, n := range d.complete {
		c.complete[k] += n
	}
	c.found = append(c.found, d.found...)
}

// transitions counts accepted verdicts that change something: single
// operations and batches, of plain, narrowed and asserting actors. Time
// passing is not one, nor is what was accepted and idle.
func (c *worldCount) transitions() (n int) {
	for k, m := range c.accepted {
		if worldKind(k) != worldTick {
			n += m
		}
	}
	return n
}

func (c *worldCount) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d starts, %d states, %d of them expanded, %d decisions, %d accepted transitions (and %d idle)\n",
		c.starts, c.states, c.expanded, c.decided, c.transitions(), c.idle)
	if c.bound1 > 0 {
		fmt.Fprintf(&b, "P1 and P2 bind in %d states, P3 in %d\n", c.bound1, c.bound3)
	}
	fmt.Fprintf(&b, "starts by the number of steps of which every sequence was tried: %v\n", c.complete)
	for k, n := range c.accepted {
		fmt.Fprintf(&b, "%20s %9d\n", worldKindNames[k], n)
	}
	return b.String()
}

type worldNode struct {
	state  worldState
	parent int32
	depth  int16
	actor  int8
	step   int16 // -1: time
}

// worldVisit is one search under way.
type worldVisit struct {
	worldSearch
	worldCount
	rules   *ruleset
	profile *worldProfile
	nodes   []worldNode
	seen    map[worldState]bool
	random  *rand.Rand
	stop    bool
}

const worldSystem = 3 // as the number of an actor

var worldActors = [...]Actor{As("a"), As("b"), As("c"), System("small world")}

func (w worldSearch) run(start worldStart) *worldCount {
	v := &worldVisit{
		worldSearch: w, rules: worldRules(start.reserved, w.off), profile: newWorldProfile(start.state),
		seen: map[worldState]bool{}, random: rand.New(rand.NewPCG(1, start.seed)),
	}
	v.starts, v.complete = 1, map[int]int{}
	v.reach(worldNode{state: start.state, parent: -1})
	depth := 0
	for i := 0; i < len(v.nodes) && !v.stop; i++ {
		if depth = int(v.nodes[i].depth); depth >= v.full && (depth >= v.steps || i >= v.budget) {
			break
		}
		v.expand(int32(i))
	}
	v.complete[depth]++
	for range v.walks {
		v.walk(v.random.IntN(len(v.nodes)))
	}
	v.states = len(v.nodes)
	return &v.worldCount
}

// walk goes far rather than wide: from each state on to a new one, drawn.
func (v *worldVisit) walk(i int) {
	for range 8 {
		known := len(v.nodes)
		if v.stop || i >= known {
			return
		}
		v.expand(int32(i))
		i = known + v.random.IntN(max(1, len(v.nodes)-known))
	}
}

// reach notes a state, and checks it when it is new.
func (v *worldVisit) reach(n worldNode) {
	if v.seen[n.state] {
		return
	}
	v.seen[n.state] = true
	v.nodes = append(v.nodes, n)
	if v.everyone {
		return
	}
	if v.profile.gain != worldKnown {
		v.bound1++
	}
	if v.profile.above[n.state.now] {
		v.bound3++
	}
	v.report(int32(len(v.nodes)-1), "", v.profile.check(&n.state)...)
}

// report keeps a violation with the way to it.
func (v *worldVisit) report(node int32, then string, broken ...worldFinding) {
	for _, f := range broken {
		if v.find != "" && v.find != f.property {
			continue
		}
		v.stop = true
		var lines []string
		if then != "" {
			lines = append(lines, "then "+then)
		}
		for i := node; i >= 0; i = v.nodes[i].parent {
			n := v.nodes[i]
			lines = append(lines, "  = "+n.state.String())
			switch {
			case n.parent < 0:
			case n.step < 0:
				lines = append(lines, "time passes")
			default:
				lines = append(lines, worldActors[n.actor].String()+": "+worldSteps()[n.step].text)
			}
		}
		slices.Reverse(lines)
		v.found = append(v.found, worldViolation{f, strings.Join(lines, "\n")})
	}
}

func (v *worldVisit) expand(i int32) {
	node := v.nodes[i]
	s := node.state
	v.expanded++
	first := s.layers()
	v.agree(i, first)
	next := worldNode{parent: i, depth: node.depth + 1}
	for actor := range worldActors {
		if actor == worldC && !v.everyone {
			continue
		}
		accepted := []int{}
		ends := map[int]worldState{}
		for k := range worldSteps() {
			step := &worldSteps()[k]
			if actor == worldSystem && !v.everyone && step.kind != worldSweep ||
				actor != worldSystem && step.kind >= worldBootstrap && s != v.profile.start || !step.applies(&s) {
				continue
			}
			end, ok := v.decide(i, first, worldActors[actor], step)
			if !ok {
				continue
			}
			accepted = append(accepted, k)
			ends[k] = end
			if end == s {
				v.idle++
				continue
			}
			v.accepted[step.by(actor)]++
			if v.everyone && step.kind != worldErase {
				v.report(i, worldActors[actor].String()+": "+step.text, worldCheckOwners(&s, &end)...)
			}
			next.state, next.actor, next.step = end, int8(actor), int16(k)
			v.reach(next)
		}
		if actor != worldSystem || v.everyone {
			v.batch(i, first, actor, accepted, ends)
		}
		if actor != worldSystem && v.expanded%4 == 0 {
			v.shrink(i, first, actor, ends)
		}
	}
	if s.now < worldLast {
		v.accepted[worldTick]++
		next.state, next.actor, next.step = s.tick(), -1, -1
		v.reach(next)
	}
	if got := worldReadAll(first, s.now, s.born); got != s {
		v.report(i, "judging", worldFinding{worldPure, "the state is now " + got.String()})
	}
}

// decide asks the library, and translates the answer.
func (v *worldVisit) decide(i int32, first *state, actor Actor, step *worldStep) (end worldState, ok bool) {
	s := &v.nodes[i].state
	v.decided++
	delta, err := decide(v.rules, first, first, actor, step.op, int64(s.now))
	if err == nil {
		return s.after(delta), true
	}
	var denied *DeniedError
	var invalid *InvalidError
	if !errors.As(err, &denied) && !errors.As(err, &invalid) {
		v.report(i, step.text, worldFinding{worldOtherwise, err.Error()})
	}
	return worldState{}, false
}

// agree compares what the rules say of each user with what this world says.
func (v *worldVisit) agree(i int32, first *state) {
	s := &v.nodes[i].state
	for user := worldA; user <= worldC; user++ {
		rows := v.rules.reaching(first, worldStore().subject[user], nil)
		has := v.rules.auth(first, rows, int64(s.now), false, nil)
		bits := uint8(worldAll)
		if !has.top {
			bits = worldBits(has.set)
		}
		if bits != s.auth(user, int(s.now)) {
			v.report(i, "asking", worldFinding{worldSame, fmt.Sprintf("%s has %s", worldSubjectNames[user], worldSetText(bits))})
		}
	}
}
