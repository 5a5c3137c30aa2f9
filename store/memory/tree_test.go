package memory

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pair is an item whose value does not count in comparisons, so that a test
// sees which of two equal items was kept.
type pair struct{ Key, Value int }

func comparePairs(a, b pair) int { return a.Key - b.Key }

// TestTreeIsASortedSlice runs random edits on a tree and on a sorted slice,
// and keeps earlier trees to see that no edit reaches back into them.
func TestTreeIsASortedSlice(t *testing.T) {
	t.Parallel()
	type version struct {
		tree tree[pair]
		want []pair
	}
	rapid.Check(t, func(t *rapid.T) {
		tr := newTree(comparePairs)
		var model []pair
		var earlier []version
		keys := rapid.SampledFrom([]int{8, 300, 20_000}).Draw(t, "keys")
		key := rapid.IntRange(0, keys)

		set := func(k, v int) {
			tr.set(pair{k, v})
			i, found := slices.BinarySearchFunc(model, pair{Key: k}, comparePairs)
			if found {
				model[i] = pair{k, v}
			} else {
				model = slices.Insert(model, i, pair{k, v})
			}
		}
		remove := func(k int) {
			i, found := slices.BinarySearchFunc(model, pair{Key: k}, comparePairs)
			if got := tr.delete(pair{Key: k}); got != found {
				t.Fatalf("delete(%d) = %t, want %t", k, got, found)
			}
			if found {
				model = slices.Delete(model, i, i+1)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"set":    func(t *rapid.T) { set(key.Draw(t, "key"), rapid.Int().Draw(t, "value")) },
			"delete": func(t *rapid.T) { remove(key.Draw(t, "key")) },
			"set many": func(t *rapid.T) {
				k, step := key.Draw(t, "key"), rapid.IntRange(-3, 3).Draw(t, "step")
				for range rapid.IntRange(1, 1000).Draw(t, "count") {
					set(k, step)
					k += step
				}
			},
			"delete many": func(t *rapid.T) {
				n := min(len(model), rapid.IntRange(1, 1000).Draw(t, "count"))
				i := rapid.IntRange(0, len(model)-n).Draw(t, "first")
				for _, p := range slices.Clone(model[i : i+n]) {
					remove(p.Key)
				}
			},
			"publish": func(*rapid.T) {
				earlier = append(earlier, version{tr, slices.Clone(model)})
				tr = tr.edit()
			},
			"find": func(t *rapid.T) {
				k := key.Draw(t, "key")
				i, found := slices.BinarySearchFunc(model, pair{Key: k}, comparePairs)
				got, ok := tr.find(pair{Key: k})
				if ok != found || ok && got != model[i] {
					t.Fatalf("find(%d) = %v, %t, want %t", k, got, ok, found)
				}
			},
			"from": func(t *rapid.T) {
				k, n := key.Draw(t, "key"), rapid.IntRange(1, 100).Draw(t, "count")
				i, _ := slices.BinarySearchFunc(model, pair{Key: k}, comparePairs)
				want := slices.Clone(model[i:min(i+n, len(model))])
				var got []pair
				for p := range tr.from(func(p pair) bool { return p.Key < k }) {
					if got = append(got, p); len(got) == n {
						break
					}
				}
				if d := cmp.Diff(want, got, sameEmpty); d != "" {
					t.Fatalf("from(%d) (-want +got):\n%s", k, d)
				}
			},
			"": func(t *rapid.T) {
				if err := wellFormed(tr, model); err != nil {
					t.Fatal(err)
				}
			},
		})
		for i, v := range earlier {
			if err := wellFormed(v.tree, v.want); err != nil {
				t.Fatalf("published tree %d was changed: %v", i, err)
			}
		}
	})
}

// TestTreeOfManyLevels builds a tree deep enough for every way of splitting,
// borrowing and joining nodes, and takes it down again from different sides.
func TestTreeOfManyLevels(t *testing.T) {
	t.Parallel()
	const n = 20_011 // a prime, so that multiples visit every key
	tests := []struct {
		name string
		key  func(i int) int // the key to delete in step i
	}{
		{"from below", func(i int) int { return i }},
		{"from above", func(i int) int { return n - 1 - i }},
		{"from the middle", func(i int) int { return (n/2 + i) % n }},
		{"from everywhere", func(i int) int { return i * 7919 % n }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTree(comparePairs)
			var want []pair
			for i := range n {
				want = append(want, pair{i, i + 1})
			}
			for round := range 2 {
				for i := range n {
					key := i * 104729 % n
					tr.set(pair{key, key + round})
				}
			}
			if err := wellFormed(tr, want); err != nil {
				t.Fatal(err)
			}
			full := tr
			tr = tr.edit()
			for i := range n {
				key := tt.key(i)
				if !tr.delete(pair{Key: key}) || tr.delete(pair{Key: key}) {
					t.Fatalf("key %d was not there, or still is", key)
				}
				if i%1009 == 0 || i == n-1 {
					gone := make(map[int]bool)
					for j := range i + 1 {
						gone[tt.key(j)] = true
					}
					var left []pair
					for _, p := range want {
						if !gone[p.Key] {
							left = append(left, p)
						}
					}
					if err := wellFormed(tr, left); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := wellFormed(full, want); err != nil {
				t.Fatalf("the tree that was edited changed: %v", err)
			}
		})
	}
}

// TestTreeReplacesWhatSplits replaces each item where a leaf is full: the one
// in its middle is just then on its way up.
func TestTreeReplacesWhatSplits(t *testing.T) {
	t.Parallel()
	const n = maxItems + minItems + 1 // keys that rise leave the last leaf full
	tr := newTree(comparePairs)
	var want []pair
	for i := range n {
		tr.set(pair{i, 0})
		want = append(want, pair{i, 0})
	}
	for i := range n {
		edited, replaced := tr.edit(), slices.Clone(want)
		edited.set(pair{i, 1})
		replaced[i].Value = 1
		if err := wellFormed(edited, replaced); err != nil {
			t.Fatal(err)
		}
	}
	if err := wellFormed(tr, want); err != nil {
		t.Fatalf("the tree that was edited changed: %v", err)
	}
}

var sameEmpty = cmp.Transformer("sameEmpty", func(s []pair) []pair { return append([]pair{}, s...) })

// wellFormed checks that the tree holds exactly want, and that its depth and
// the filling of its nodes keep the promise of O(log n).
func wellFormed(t tree[pair], want []pair) error {
	if got := slices.Collect(t.all()); !slices.Equal(got, want) {
		return fmt.Errorf("all: got %v, want %v", got, want)
	}
	if t.size != len(want) {
		return fmt.Errorf("size is %d, want %d", t.size, len(want))
	}
	leaf := -1
	var visit func(n *node[pair], depth int) error
	visit = func(n *node[pair], depth int) error {
		if len(n.items) > maxItems || len(n.items) == 0 || n != t.root && len(n.items) < minItems {
			return fmt.Errorf("a node at depth %d has %d items", depth, len(n.items))
		}
		if len(n.children) == 0 {
			if leaf < 0 {
				leaf = depth
			}
			if leaf != depth {
				return fmt.Errorf("leaves at depths %d and %d", leaf, depth)
			}
			return nil
		}
		if len(n.children) != len(n.items)+1 {
			return fmt.Errorf("a node has %d items and %d children", len(n.items), len(n.children))
		}
		for _, c := range n.children {
			if err := visit(c, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if t.root == nil {
		return nil
	}
	return visit(t.root, 0)
}
