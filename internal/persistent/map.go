// Package persistent has an immutable map from strings to pointers: a change
// makes a new map that shares nearly everything with the old one, in a few
// microseconds whatever the size, while readers go on with the one they have.
package persistent

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
	"unsafe"
)

// The hash is of this process alone: user ids come from outside, and nobody
// may choose ones that meet.
var seed = maphash.MakeSeed()

func hash(key string) uint64 { return maphash.String(seed, key) }

// Map is an immutable map. The zero Map is empty. It is safe for concurrent
// use, as every value is.
//
// It is a Swiss table as long as it is small. Beyond that it is extendible
// hashing: the first bits of a hash select a leaf, which is such a table, and a
// leaf that is full becomes two. A change copies one leaf, and the way to it.
type Map[V any] struct {
	small  []group[V]
	dir    []*page[V] // a power of two of them; nil: small is all there is
	shift  uint8      // 64 less the number of bits that lead to a leaf
	leaves int        // different ones
	n      int
}

// page is a part of the directory.
type page[V any] [pageLeaves]*leaf[V]

// leaf fills 8 KiB: large ones make a short directory, which is in the cache
// whenever it is needed, and small ones are soon copied, and collected.
type leaf[V any] struct {
	groups [leafGroups]group[V]
	n      int
	depth  uint8 // how many bits the hashes of its keys share
}

const (
	pageBits   = 6
	pageLeaves = 1 << pageBits
	leafGroups = 40
	leafRoom   = leafGroups * 7 // keys: one free slot for every group
	leafFill   = 260            // at most, on average, of leaves that are made at once; some are split, but half of it is not too empty
)

// group is a part of a table. What is looked for is compared with eight tags at
// once, so that one key is nearly always all that has to be read. A key that
// finds its group full is in the next one with room.
type group[V any] struct {
	tags  uint64 // a byte for each slot: 0 if it is free, or else 128 and more
	slots [8]slot[V]
}

type slot[V any] struct {
	key string
	v   *V
}

const (
	eachByte = 0x0101010101010101
	highBits = 0x8080808080808080
)

// tag returns the byte for a hash.
func tag(h uint64) uint64 { return h&0x7f | 0x80 }

// home returns where among n groups a hash belongs.
func home(h uint64, n int) int { return int(h & 0xffffffff * uint64(n) >> 32) }

// Len returns the number of keys.
func (m Map[V]) Len() int { return m.n }

// Bytes returns what the map takes in memory, but for keys and values.
func (m Map[V]) Bytes() int {
	return len(m.small)*int(unsafe.Sizeof(group[V]{})) + len(m.dir)*(8+int(unsafe.Sizeof(page[V]{}))) + m.leaves*int(unsafe.Sizeof(leaf[V]{}))
}

// table returns the groups in which a hash is, if it is anywhere.
func (m *Map[V]) table(h uint64) []group[V] {
	if m.dir == nil {
		return m.small
	}
	return m.leaf(h).groups[:]
}

func (m *Map[V]) leaf(h uint64) *leaf[V] {
	i := h >> m.shift
	return m.dir[i/pageLeaves][i%pageLeaves]
}

// Get returns the value of key, or nil.
func (m *Map[V]) Get(key string) *V {
	h := hash(key)
	if s := find(m.table(h), h, key); s != nil {
		return s.v
	}
	return nil
}

func find[V any](t []group[V], h uint64, key string) *slot[V] {
	if len(t) == 0 {
		return nil
	}
	for i, wanted := home(h, len(t)), tag(h)*eachByte; ; {
		g := &t[i]
		// Marks the bytes that are the same, and now and then one more.
		same := g.tags ^ wanted
		for same = (same - eachByte) &^ same & highBits; same != 0; same &= same - 1 {
			if s := &g.slots[bits.TrailingZeros64(same)/8]; s.key == key {
				return s
			}
		}
		if g.tags&highBits != highBits {
			return nil
		}
		if i++; i == len(t) {
			i = 0
		}
	}
}

// put enters a key that is not there into a table with room for it.
func put[V any](t []group[V], h uint64, s slot[V]) {
	for i := home(h, len(t)); ; {
		g := &t[i]
		if free := ^g.tags & highBits; free != 0 {
			j := bits.TrailingZeros64(free) / 8
			g.slots[j] = s
			g.tags |= tag(h) << (8 * j)
			return
		}
		if i++; i == len(t) {
			i = 0
		}
	}
}

// take removes a key from a table, and reports whether it could: not if
// another one may have found the group full.
func take[V any](t []group[V], h uint64, key string) bool {
	g := &t[home(h, len(t))]
	if g.tags&highBits == highBits {
		return false
	}
	for j := range g.slots {
		if g.slots[j].v != nil && g.slots[j].key == key {
			g.slots[j] = slot[V]{}
			g.tags &^= 0xff << (8 * j)
			return true
		}
	}
	return false
}

// With returns a map in which key has the value v, which is not nil.
func (m Map[V]) With(key string, v *V) Map[V] {
	h, s := hash(key), slot[V]{key, v}
	switch old := find(m.table(h), h, key); {
	case m.dir != nil:
		m.dir = slices.Clone(m.dir)
		for old == nil && m.leaf(h).n == leafRoom {
			m.split(h)
		}
		next := *m.leaf(h)
		if old != nil {
			*find(next.groups[:], h, key) = s
		} else {
			put(next.groups[:], h, s)
			next.n++
			m.n++
		}
		m.place(h, &next)
	case old != nil:
		m.small = slices.Clone(m.small)
		*find(m.small, h, key) = s
	case m.n < 7*len(m.small):
		m.small = slices.Clone(m.small)
		put(m.small, h, s)
		m.n++
	default:
		var b Builder[V]
		b.Grow(m.n + 1)
		for key, v := range m.All() {
			b.Add(key, v)
		}
		b.Add(key, v)
		return b.Map()
	}
	return m
}

// place puts a leaf wherever the directory leads for h and what shares the
// leaf's bits with it. The directory, but not its pages, must be m's own.
func (m *Map[V]) place(h uint64, l *leaf[V]) {
	span := 1 << (64 - m.shift - l.depth)
	from := int(h>>m.shift) &^ (span - 1)
	for i := from; i < from+span; i += pageLeaves {
		p := *m.dir[i/pageLeaves]
		for j := range min(span, pageLeaves) {
			p[i%pageLeaves+j] = l
		}
		m.dir[i/pageLeaves] = &p
	}
}

// split makes two leaves of the one for h. The directory must be m's own.
func (m *Map[V]) split(h uint64) {
	l := m.leaf(h)
	if l.depth == 64-m.shift {
		twice := make([]*page[V], 2*len(m.dir))
		for i := range twice {
			twice[i] = &page[V]{}
			for j := range twice[i] {
				at := i*pageLeaves + j
				twice[i][j] = m.dir[at/2/pageLeaves][at/2%pageLeaves]
			}
		}
		m.dir = twice
		m.shift--
	}
	var halves [2]leaf[V]
	bit := uint64(1) << (63 - l.depth)
	for key, v := range each(l.groups[:]) {
		h := hash(key)
		half := &halves[h>>(63-l.depth)&1]
		put(half.groups[:], h, slot[V]{key, v})
		half.n++
	}
	for i := range halves {
		next := halves[i]
		next.depth = l.depth + 1
		m.place(h&^bit|uint64(i)*bit, &next)
	}
	m.leaves++
}

// Without returns a map without key.
func (m Map[V]) Without(key string) Map[V] {
	h := hash(key)
	if find(m.table(h), h, key) == nil {
		return m
	}
	if m.dir == nil {
		small := slices.Clone(m.small)
		if take(small, h, key) && m.n*4 > len(small) {
			m.small = small
			m.n--
			return m
		}
		return m.rebuilt(key)
	}
	if m.n < m.leaves*leafGroups {
		return m.rebuilt(key) // rather than let it become ever more empty
	}
	old := m.leaf(h)
	next := *old
	if !take(next.groups[:], h, key) {
		next = leaf[V]{depth: old.depth}
		for k, v := range each(old.groups[:]) {
			if k != key {
				put(next.groups[:], hash(k), slot[V]{k, v})
			}
		}
	}
	next.n = old.n - 1
	m.n--
	m.dir = slices.Clone(m.dir)
	m.place(h, &next)
	return m
}

// rebuilt returns a map of the size that is right for all keys but one.
func (m Map[V]) rebuilt(without string) Map[V] {
	var b Builder[V]
	b.Grow(m.n)
	for key, v := range m.All() {
		if key != without {
			b.Add(key, v)
		}
	}
	return b.Map()
}

// All iterates over the map, in no order.
func (m Map[V]) All() iter.Seq2[string, *V] {
	if m.dir == nil {
		return each(m.small)
	}
	return func(yield func(string, *V) bool) {
		for i := uint64(0); i < uint64(len(m.dir)*pageLeaves); {
			l := m.leaf(i << m.shift)
			for key, v := range each(l.groups[:]) {
				if !yield(key, v) {
					return
				}
			}
			i += 1 << (64 - m.shift - l.depth)
		}
	}
}

// each iterates over what is in a table.
func each[V any](t []group[V]) iter.Seq2[string, *V] {
	return func(yield func(string, *V) bool) {
		for i := range t {
			for j := range t[i].slots {
				if s := &t[i].slots[j]; s.v != nil && !yield(s.key, s.v) {
					return
				}
			}
		}
	}
}

// Builder makes a large map at once, for a fraction of what adding one by one
// costs.
type Builder[V any] struct{ slots []slot[V] }

// Grow makes room for n more.
func (b *Builder[V]) Grow(n int) { b.slots = slices.Grow(b.slots, n) }

// Add adds a key, which must not have been added before, with its value.
func (b *Builder[V]) Add(key string, v *V) { b.slots = append(b.slots, slot[V]{key, v}) }

// Map returns the map. The Builder must not be used again.
func (b *Builder[V]) Map() Map[V] {
	n := len(b.slots)
	if n == 0 {
		return Map[V]{}
	}
	m := Map[V]{n: n}
	if n <= leafRoom {
		m.small = make([]group[V], n*2/11+1) // about two thirds full
		for _, s := range b.slots {
			put(m.small, hash(s.key), s)
		}
		return m
	}
	depth := bits.Len(uint((n - 1) / leafFill))
	m.leaves = 1 << depth
	m.shift = uint8(64 - max(depth, pageBits))
	m.dir = make([]*page[V], 1<<(64-m.shift-pageBits))
	for i := range m.dir {
		m.dir[i] = &page[V]{}
	}
	for i := range m.leaves {
		m.place(uint64(i)<<(64-depth), &leaf[V]{depth: uint8(depth)})
	}
	for _, s := range b.slots {
		h := hash(s.key)
		for m.leaf(h).n == leafRoom {
			m.split(h)
		}
		l := m.leaf(h)
		put(l.groups[:], h, s)
		l.n++
	}
	return m
}
