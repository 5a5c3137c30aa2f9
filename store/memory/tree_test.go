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
