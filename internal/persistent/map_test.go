package persistent

import (
	"fmt"
	"maps"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sound holds m against what it promises itself.
func sound(t interface{ Fatalf(string, ...any) }, m Map[int]) {
	if m.dir == nil {
		if m.leaves != 0 || m.n > 7*len(m.small) {
			t.Fatalf("%d leaves, %d keys in %d groups", m.leaves, m.n, len(m.small))
		}
		return
	}
	leaves, keys := map[*leaf[int]]bool{}, 0
	if 1<<(64-m.shift) != len(m.dir)*pageLeaves {
		t.Fatalf("%d pages and a shift of %d", len(m.dir), m.shift)
	}
	for i := range len(m.dir) * pageLeaves {
		l := m.dir[i/pageLeaves][i%pageLeaves]
		n := 0
		for key := range each(l.groups[:]) {
			if h := hash(key); m.leaf(h) != l {
				t.Fatalf("%q is not where it is looked for", key)
			}
			n++
		}
		if n != l.n || n > leafRoom {
			t.Fatalf("a leaf of %d keys counts %d", n, l.n)
		}
		if !leaves[l] {
			leaves[l] = true
			keys += n
		}
	}
	if len(leaves) != m.leaves || keys != m.n {
		t.Fatalf("%d leaves with %d keys; counted are %d with %d", len(leaves), keys, m.leaves, m.n)
	}
	if got, want := m.Bytes(), len(leaves)*int(unsafe.Sizeof(leaf[int]{}))+len(m.dir)*(8*pageLeaves+8); got != want {
		t.Fatalf("Bytes = %d, want %d", got, want)
	}
}

// plain returns what m says, asked in both ways.
func plain(t interface{ Fatalf(string, ...any) }, m Map[int]) map[string]int {
	out := map[string]int{}
	for key, v := range m.All() {
		if got := m.Get(key); got != v {
			t.Fatalf("Get(%q) = %v; All says %v", key, got, v)
		}
		if _, twice := out[key]; twice {
			t.Fatalf("All yields %q twice", key)
		}
		out[key] = *v
	}
	if m.Len() != len(out) {
		t.Fatalf("Len = %d with %d keys", m.Len(), len(out))
	}
	sound(t, m)
	return out
}

// Every version stays what it was when later ones are made of it.
func TestMapIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			m    Map[int]
			want map[string]int
		}
		size := rapid.SampledFrom([]int{0, 1, leafRoom - 1, leafRoom, leafRoom + 1, 2_000, 4_000}).Draw(t, "size")
		var b Builder[int]
		start := map[string]int{}
		for i := range size {
			key := fmt.Sprint("key ", i)
			b.Add(key, &i)
			start[key] = i
		}
		versions := []version{{b.Map(), start}}
		for i := range rapid.IntRange(1, 20).Draw(t, "steps") {
			from := versions[rapid.IntRange(0, len(versions)-1).Draw(t, "from")]
			next := version{from.m, maps.Clone(from.want)}
			for range rapid.IntRange(1, 30).Draw(t, "changes") {
				key := fmt.Sprint("key ", rapid.IntRange(0, size+50).Draw(t, "key"))
				if rapid.IntRange(0, 2).Draw(t, "add") > 0 {
					next.m, next.want[key] = next.m.With(key, &i), i
				} else {
					next.m = next.m.Without(key)
					delete(next.want, key)
				}
			}
			versions = append(versions, next)
		}
		for _, v := range versions {
			if diff := cmp.Diff(v.want, plain(t, v.m)); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			if v.m.Get("no such key") != nil {
				t.Fatalf("a key that was never added is there")
			}
		}
	})
}

// Growing one by one splits leaves; shrinking to nothing leaves nothing.
func TestMapGrowsAndShrinks(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var m Map[int]
	for i := range n {
		m = m.With(fmt.Sprint(i), &i)
	}
	if got := len(plain(t, m)); got != n {
		t.Fatalf("%d keys, want %d", got, n)
	}
	for i := range n {
		m = m.Without(fmt.Sprint(i))
		if most := 220*m.Len() + 40_000; m.Bytes() > most {
			t.Fatalf("%d bytes for %d keys", m.Bytes(), m.Len())
		}
		if m.Len() < 8 && m.Bytes() > 7*200 {
			t.Fatalf("%d bytes for %d keys", m.Bytes(), m.Len())
		}
		if i%500 == 0 {
			sound(t, m)
		}
	}
	if got := plain(t, m); len(got) != 0 {
		t.Fatalf("%d keys left", len(got))
	}
}

// Hashes that have their first bits in common fill one leaf, and the directory
// grows for it alone.
func TestMapOfMuchTheSameHashes(t *testing.T) {
	t.Parallel()
	const n, same = 700, 8
	keys := map[string]int{"one that is": 0, "quite another": 0, "and a third": 0}
	for i := 0; len(keys) < n; i++ {
		if key := fmt.Sprint(i); hash(key)>>(64-same) == 5 {
			keys[key] = 0
		}
	}
	var grown Map[int]
	var built Builder[int]
	v := 0
	for key := range keys {
		grown = grown.With(key, &v)
		sound(t, grown)
		built.Add(key, &v)
	}
	for name, m := range map[string]Map[int]{"one by one": grown, "at once": built.Map()} {
		if diff := cmp.Diff(keys, plain(t, m)); diff != "" {
			t.Fatalf("%s: (-want +got)\n%s", name, diff)
		}
		if m.shift > 64-same-1 {
			t.Fatalf("%s: a directory of %d bits", name, 64-m.shift)
		}
		for key := range keys {
			m = m.Without(key)
			sound(t, m)
		}
		if m.Len() != 0 {
			t.Fatalf("%s: %d keys left", name, m.Len())
		}
	}
}

func TestAllStops(t *testing.T) {
	t.Parallel()
	var m Map[int]
	for i := range 1_000 {
		m = m.With(fmt.Sprint(i), &i)
	}
	for range m.All() {
		return
	}
	t.Fatal("yields nothing")
}

var sink *int

func BenchmarkGet(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		keys := make([]string, n)
		var build Builder[int]
		plain := make(map[string]*int, n)
		for i := range keys {
			keys[i] = fmt.Sprintf("user-%d", i*7919%n)
			build.Add(keys[i], &i)
			plain[keys[i]] = &i
		}
		m := build.Map()
		b.Run(fmt.Sprint("own/", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				sink = m.Get(keys[i])
				if i++; i == n {
					i = 0
				}
			}
		})
		b.Run(fmt.Sprint("map/", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				sink = plain[keys[i]]
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

func BenchmarkWith(b *testing.B) {
	var m Map[int]
	v := 1
	for i := range 1_000_000 {
		m = m.With(fmt.Sprint(i), &v)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.With(fmt.Sprint(i%1_000_000), &v)
		i++
	}
}
