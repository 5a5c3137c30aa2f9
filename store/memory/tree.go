package memory

import (
	"iter"
	"slices"
	"sort"
)

// A node other than the root holds minItems to maxItems items.
const (
	minItems = 31
	maxItems = 2*minItems + 1
)

// tree is a sorted set as a persistent B-tree. Reading is safe at any time
// from any goroutine. Writing is for the one holder of an edit: it copies the
// nodes it meets that are older than the edit, so every tree that the edit
// came from stays as it was. Insertion, deletion and the first step of an
// iteration are O(log n).
//
// Items that compare as equal are one item; the tree keeps the latest.
type tree[T any] struct {
	compare func(a, b T) int
	root    *node[T]
	size    int
	owner   *owner
}

// owner marks the nodes that one edit made, and which it alone may change. It
// is not empty because pointers to empty structs may be equal.
type owner struct{ _ byte }

type node[T any] struct {
	owner    *owner
	items    []T
	children []*node[T] // none in a leaf, else one more than items
}

func newTree[T any](compare func(a, b T) int) tree[T] {
	return tree[T]{compare: compare, owner: new(owner)}
}

// edit returns a tree of the same items whose changes t will not see. Once it
// is published it must not be written to again, but edited in turn.
func (t tree[T]) edit() tree[T] {
	t.owner = new(owner)
	return t
}

// find returns the item equal to key.
func (t tree[T]) find(key T) (item T, ok bool) {
	for n := t.root; n != nil; {
		i, ok := slices.BinarySearchFunc(n.items, key, t.compare)
		if ok {
			return n.items[i], true
		}
		if len(n.children) == 0 {
			break
		}
		n = n.children[i]
	}
	return item, false
}

// from iterates in order over the items from the first one that is not below.
// below must be true for all items up to some point and false from there on.
func (t tree[T]) from(below func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		if t.root != nil {
			t.root.ascend(below, yield)
		}
	}
}

// all iterates over all items in order.
func (t tree[T]) all() iter.Seq[T] {
	return t.from(func(T) bool { return false })
}

func (n *node[T]) ascend(below, yield func(T) bool) bool {
	start := sort.Search(len(n.items), func(i int) bool { return !below(n.items[i]) })
	for i := start; i <= len(n.items); i++ {
		if len(n.children) > 0 && !n.children[i].ascend(below, yield) {
			return false
		}
		if i < len(n.items) && !yield(n.items[i]) {
			return false
		}
	}
	return true
}

// set inserts item, in place of an equal one if there is one.
func (t *tree[T]) set(item T) {
	if t.root == nil {
		t.root = t.newNode(false)
	}
	t.root = t.own(t.root)
	if len(t.root.items) == maxItems {
		left := t.root
		t.root = t.newNode(true)
		t.root.children = append(t.root.children, left)
		t.split(t.root, 0)
	}
	if t.insert(t.root, item) {
		t.size++
	}
}

// insert puts item below n, which is owned and not full. It reports whether
// there was no equal item before.
func (t *tree[T]) insert(n *node[T], item T) bool {
	i, found := slices.BinarySearchFunc(n.items, item, t.compare)
	if found {
		n.items[i] = item
		return false
	}
	if len(n.children) == 0 {
		n.items = slices.Insert(n.items, i, item)
		return true
	}
	child := t.ownChild(n, i)
	if len(child.items) == maxItems {
		t.split(n, i)
		switch c := t.compare(item, n.items[i]); {
		case c == 0:
			n.items[i] = item
			return false
		case c > 0:
			child = n.children[i+1]
		}
	}
	return t.insert(child, item)
}

// split parts the full and owned child i of n around its middle item, which
// moves up into n.
func (t *tree[T]) split(n *node[T], i int) {
	left := n.children[i]
	right := t.newNode(len(left.children) > 0)
	n.items = slices.Insert(n.items, i, left.items[minItems])
	n.children = slices.Insert(n.children, i+1, right)
	right.items = append(right.items, left.items[minItems+1:]...)
	left.items = cut(left.items, minItems)
	if len(left.children) > 0 {
		right.children = append(right.children, left.children[minItems+1:]...)
		left.children = cut(left.children, minItems+1)
	}
}

// delete removes the item equal to key and reports whether there was one.
func (t *tree[T]) delete(key T) bool {
	if _, ok := t.find(key); !ok {
		return false // an absent key must not cost copies
	}
	t.root = t.own(t.root)
	t.remove(t.root, key)
	t.size--
	switch {
	case len(t.root.items) > 0:
	case len(t.root.children) > 0:
		t.root = t.root.children[0]
	default:
		t.root = nil
	}
	return true
}

// remove deletes key, which is there, below the owned node n.
func (t *tree[T]) remove(n *node[T], key T) {
	i, found := slices.BinarySearchFunc(n.items, key, t.compare)
	if len(n.children) == 0 {
		n.items = slices.Delete(n.items, i, i+1)
		return
	}
	if len(n.children[i].items) == minItems {
		t.fill(n, i)
		t.remove(n, key) // fill may have moved the key
		return
	}
	child := t.ownChild(n, i)
	if found {
		n.items[i] = t.removeLast(child)
		return
	}
	t.remove(child, key)
}

// removeLast deletes and returns the greatest item below the owned node n.
func (t *tree[T]) removeLast(n *node[T]) T {
	last := len(n.items) - 1
	if len(n.children) == 0 {
		item := n.items[last]
		n.items = cut(n.items, last)
		return item
	}
	if len(n.children[last+1].items) == minItems {
		t.fill(n, last+1)
		return t.removeLast(n)
	}
	return t.removeLast(t.ownChild(n, last+1))
}

// fill gives child i of the owned node n an item more than minItems: from a
// sibling that can spare one, or else by joining it with a sibling.
func (t *tree[T]) fill(n *node[T], i int) {
	switch {
	case i > 0 && len(n.children[i-1].items) > minItems:
		child, left := t.ownChild(n, i), t.ownChild(n, i-1)
		last := len(left.items) - 1
		child.items = slices.Insert(child.items, 0, n.items[i-1])
		n.items[i-1] = left.items[last]
		left.items = cut(left.items, last)
		if len(left.children) > 0 {
			child.children = slices.Insert(child.children, 0, left.children[last+1])
			left.children = cut(left.children, last+1)
		}
	case i < len(n.items) && len(n.children[i+1].items) > minItems:
		child, right := t.ownChild(n, i), t.ownChild(n, i+1)
		child.items = append(child.items, n.items[i])
		n.items[i] = right.items[0]
		right.items = slices.Delete(right.items, 0, 1)
		if len(right.children) > 0 {
			child.children = append(child.children, right.children[0])
			right.children = slices.Delete(right.children, 0, 1)
		}
	default:
		if i == len(n.items) {
			i--
		}
		left, right := t.ownChild(n, i), n.children[i+1]
		left.items = append(append(left.items, n.items[i]), right.items...)
		left.children = append(left.children, right.children...)
		n.items = slices.Delete(n.items, i, i+1)
		n.children = slices.Delete(n.children, i+1, i+2)
	}
}

func (t *tree[T]) newNode(inner bool) *node[T] {
	n := &node[T]{owner: t.owner, items: make([]T, 0, maxItems)}
	if inner {
		n.children = make([]*node[T], 0, maxItems+1)
	}
	return n
}

// own returns n, or a copy of it if another edit made it.
func (t *tree[T]) own(n *node[T]) *node[T] {
	if n.owner == t.owner {
		return n
	}
	c := t.newNode(len(n.children) > 0)
	c.items = append(c.items, n.items...)
	c.children = append(c.children, n.children...)
	return c
}

func (t *tree[T]) ownChild(n *node[T], i int) *node[T] {
	n.children[i] = t.own(n.children[i])
	return n.children[i]
}

// cut shortens s to n elements and clears the rest for the garbage collector.
func cut[E any](s []E, n int) []E {
	clear(s[n:])
	return s[:n]
}
