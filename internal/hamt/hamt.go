// Package hamt is an immutable map from strings to pointers: a change makes a
// new map that shares nearly everything with the old one, in a few
// microseconds whatever the size, while readers go on with the one they have.
package hamt

import (
	"hash/maphash"
	"iter"
)

const (
	bits    = 5
	fan     = 1 << bits
	maxLeaf = 96        // entries; one more splits a leaf
	levels  = 32 / bits // the lower half of the hash leads to a leaf, the upper half through it
)

// The hash is of this process alone: user ids come from outside, and nobody
// may choose ones that meet.
var seed = maphash.MakeSeed()

// Map is an immutable map. The zero Map is empty. It is safe for concurrent
// use, as every value is.
type Map[V any] struct {
	root ref[V]
	n    int
}

// ref is a place in the tree: a branch, or a leaf, or nothing.
type ref[V any] struct {
	branch *branch[V]
	slots  []slot[V] // a leaf: open addressing, linear probing, at most ¾ full
}

type branch[V any] struct{ kids [fan]ref[V] }

type slot[V any] struct {
	key string
	tag uint32 // upper half of the hash
	v   *V     // nil: free
}

// Len returns the number of keys.
func (m Map[V]) Len() int { return m.n }

// Get returns the value of key, or nil.
func (m *Map[V]) Get(key string) *V {
	h := maphash.String(seed, key)
	at, path := &m.root, uint32(h)
	for at.branch != nil {
		at = &at.branch.kids[path%fan]
		path >>= bits
	}
	n := uint64(len(at.slots))
	if n == 0 {
		return nil
	}
	tag := uint32(h >> 32)
	for i := uint64(tag) * n >> 32; ; {
		s := &at.slots[i]
		if s.v == nil {
			return nil
		}
		if s.tag == tag && s.key == key {
			return s.v
		}
		if i++; i == n {
			i = 0
		}
	}
}

// With returns a map in which key has the value v, which is not nil.
func (m Map[V]) With(key string, v *V) Map[V] {
	h := maphash.String(seed, key)
	grown := 0
	m.root = m.root.with(slot[V]{key, uint32(h >> 32), v}, uint32(h), 0, &grown)
	m.n += grown
	return m
}

func (r ref[V]) with(s slot[V], path uint32, level int, grown *int) ref[V] {
	if r.branch != nil {
		kids := *r.branch
		i := path >> (level * bits) % fan
		kids.kids[i] = kids.kids[i].with(s, path, level+1, grown)
		return ref[V]{branch: &kids}
	}
	all := make([]slot[V], 0, len(r.slots)+1)
	found := false
	for i := range r.slots {
		old := r.slots[i]
		if old.v == nil {
			continue
		}
		if old.tag == s.tag && old.key == s.key {
			old, found = s, true
		}
		all = append(all, old)
	}
	if !found {
		all = append(all, s)
		*grown = 1
	}
	return build(all, level)
}

// Without returns a map without key.
func (m Map[V]) Without(key string) Map[V] {
	if m.Get(key) == nil {
		return m
	}
	m.root = m.root.without(key, uint32(maphash.String(seed, key)))
	m.n--
	return m
}

func (r ref[V]) without(key string, path uint32) ref[V] {
	if r.branch != nil {
		kids := *r.branch
		kids.kids[path%fan] = kids.kids[path%fan].without(key, path>>bits)
		return ref[V]{branch: &kids}
	}
	var rest []slot[V]
	for i := range r.slots {
		if s := r.slots[i]; s.v != nil && s.key != key {
			rest = append(rest, s)
		}
	}
	return leaf(rest)
}

// All iterates over the map, in no order.
func (m Map[V]) All() iter.Seq2[string, *V] {
	return func(yield func(string, *V) bool) { m.root.each(yield) }
}

func (r ref[V]) each(yield func(string, *V) bool) bool {
	if r.branch != nil {
		for i := range r.branch.kids {
			if !r.branch.kids[i].each(yield) {
				return false
			}
		}
		return true
	}
	for i := range r.slots {
		if s := &r.slots[i]; s.v != nil && !yield(s.key, s.v) {
			return false
		}
	}
	return true
}

// Builder makes a large map at once, for a fraction of what adding one by one
// costs.
type Builder[V any] struct{ slots []slot[V] }

// Grow makes room for n more.
func (b *Builder[V]) Grow(n int) {
	b.slots = append(make([]slot[V], 0, len(b.slots)+n), b.slots...)
}

// Add adds a key, which must not have been added before, with its value.
func (b *Builder[V]) Add(key string, v *V) {
	b.slots = append(b.slots, slot[V]{key, uint32(maphash.String(seed, key) >> 32), v})
}

// Map returns the map. The Builder must not be used again.
func (b *Builder[V]) Map() Map[V] {
	return Map[V]{build(b.slots, 0), len(b.slots)}
}

// build makes a subtree of slots, which it reorders. Keys whose paths are the
// same to the end share a leaf, whatever its size.
func build[V any](slots []slot[V], level int) ref[V] {
	if len(slots) <= maxLeaf || level == levels {
		return leaf(slots)
	}
	var counts [fan + 1]int
	where := make([]uint8, len(slots))
	for i := range slots {
		where[i] = uint8(uint32(maphash.String(seed, slots[i].key)) >> (level * bits) % fan)
		counts[where[i]+1]++
	}
	for i := range fan {
		counts[i+1] += counts[i]
	}
	begin := counts
	sorted := make([]slot[V], len(slots))
	for i := range slots {
		sorted[counts[where[i]]] = slots[i]
		counts[where[i]]++
	}
	b := &branch[V]{}
	for i := range fan {
		b.kids[i] = build(sorted[begin[i]:begin[i+1]], level+1)
	}
	return ref[V]{branch: b}
}

func leaf[V any](slots []slot[V]) ref[V] {
	if len(slots) == 0 {
		return ref[V]{}
	}
	table := make([]slot[V], len(slots)+len(slots)/3+1)
	n := uint64(len(table))
	for _, s := range slots {
		i := uint64(s.tag) * n >> 32
		for table[i].v != nil {
			if i++; i == n {
				i = 0
			}
		}
		table[i] = s
	}
	return ref[V]{slots: table}
}
