package persistent

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sound compares what a map says of itself, and how it is laid out, with what
// is there.
func sound(t interface{ Fatalf(string, ...any) }, m Map[int]) {
	table := func(groups []group[int]) (keys int) {
		for i := range groups {
			for j, s := range groups[i].slots {
				switch taken := groups[i].tags>>(8*j)&0xff != 0; {
				case taken != (s.v != nil):
					t.Fatalf("%d keys: a slot with the tag %t, a value %t", m.n, taken, s.v != nil)
				case taken:
					keys++
				case s.key != "":
					t.Fatalf("%d keys: %q is kept in memory by a free slot", m.n, s.key)
				}
			}
		}
		if keys > 7*len(groups) {
			t.Fatalf("%d keys: %d in a table of %d groups", m.n, keys, len(groups))
		}
		return keys
	}
	keys, bytes := table(m.small), len(m.small)*int(unsafe.Sizeof(group[int]{}))
	if m.dir != nil && 1<<(64-m.shift) != len(m.dir)*pageLeaves {
		t.Fatalf("%d keys: %d pages and a shift of %d", m.n, len(m.dir), m.shift)
	}
	leaves := map[*leaf[int]]bool{}
	for i := range uint64(len(m.dir) * pageLeaves) {
		l := m.leaf(i << m.shift)
		if leaves[l] {
			continue
		}
		leaves[l] = true
		n := table(l.groups[:])
		if n != l.n {
			t.Fatalf("%d keys: a leaf says %d, and has %d", m.n, l.n, n)
		}
		keys += n
		for key := range each(l.groups[:]) {
			if m.leaf(hash(key)) != l {
				t.Fatalf("%d keys: %q is in a leaf that does not lead to it", m.n, key)
			}
		}
	}
	bytes += len(leaves)*int(unsafe.Sizeof(leaf[int]{})) + len(m.dir)*(8+int(unsafe.Sizeof(page[int]{})))
	if keys != m.Len() || len(leaves) != m.leaves || bytes != m.Bytes() {
		t.Fatalf("Len %d, leaves %d, Bytes %d; there are %d, %d, %d", m.Len(), m.leaves, m.Bytes(), keys, len(leaves), bytes)
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
		if most := 220*m.Len() + 60_000; m.Bytes() > most {
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

// Built at once, grown or shrunk, a map is in order, and takes what it should.
func TestMapIsSound(t *testing.T) {
	t.Parallel()
	const most = leafFill << 7 // as full as leaves get, on average: several are split
	for _, n := range []int{0, 1, 7, 8, leafRoom - 1, leafRoom, leafRoom + 1, 2 * leafFill, 2*leafFill + 1, most, most + 1} {
		var b Builder[int]
		for i := range n {
			b.Add(fmt.Sprint(i), &i)
		}
		m := b.Map()
		sound(t, m)
		if most := n * 70; n > leafRoom/2 && m.Bytes() > most || n == 0 && m.Bytes() > 0 {
			t.Errorf("%d keys built at once take %d bytes", n, m.Bytes())
		}
		if one := m.dir == nil; one != (n <= leafRoom) {
			t.Errorf("%d keys are in one table %t, and every change copies a table", n, one)
		}
	}
	var m Map[int]
	for i := range most {
		if m = m.With(fmt.Sprint(i), &i); i%997 == 0 {
			sound(t, m)
		}
	}
	sound(t, m)
	if m.Bytes() > 80*m.n {
		t.Errorf("%d keys added one by one take %d bytes", m.n, m.Bytes())
	}
	for i := range most {
		if m = m.Without(fmt.Sprint(i)); m.n%997 == 0 || m.n < 10 {
			sound(t, m)
		}
		if m.leaves > m.n/leafGroups+1 || len(m.small) > 4*m.n+3 {
			t.Fatalf("%d keys that are left are in %d leaves, or %d groups", m.n, m.leaves, len(m.small))
		}
	}
}

// Keys that come and go leave a leaf as it was.
func TestMapComesAndGoes(t *testing.T) {
	t.Parallel()
	var b Builder[int]
	for i := range 800 {
		b.Add(fmt.Sprint("stays ", i), &i)
	}
	m := b.Map()
	leaves := m.leaves
	for i := range 3_000 {
		key := fmt.Sprint("goes ", i)
		m = m.With(key, &i).Without(key)
	}
	sound(t, m)
	if m.leaves != leaves {
		t.Errorf("%d leaves have become %d", leaves, m.leaves)
	}
}

// What is replaced is no reason to split a leaf.
func TestMapReplacesInAFullLeaf(t *testing.T) {
	t.Parallel()
	var m Map[int]
	full := func() (key string) {
		for key := range m.All() {
			if m.dir != nil && m.leaf(hash(key)).n == leafRoom {
				return key
			}
		}
		return ""
	}
	key := full()
	for i := 0; key == ""; i++ {
		m = m.With(fmt.Sprint(i), &i)
		if m.dir != nil && m.leaf(hash(fmt.Sprint(i))).n == leafRoom {
			key = full()
		}
	}
	v := -1
	next := m.With(key, &v)
	if next.leaves != m.leaves || next.Len() != m.Len() || next.Get(key) != &v || m.Get(key) == &v {
		t.Errorf("%d leaves and %d keys, were %d and %d", next.leaves, next.Len(), m.leaves, m.Len())
	}
}

// A key of no bytes is not taken for a free slot.
func TestMapOfTheEmptyKey(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 5, 50, 2_000} {
		var m Map[int]
		for i := range n {
			m = m.With(fmt.Sprint(i), &i)
		}
		for i := range 50 { // keys fall elsewhere in the table each time
			key := strings.Repeat("x", i)
			for j := range 8 {
				m = m.With(fmt.Sprint(key, j), &j)
				v := j
				with := m.With("", &v)
				if m.Get("") != nil || with.Get("") != &v || with.Len() != m.Len()+1 {
					t.Fatalf("%d keys: the empty one is %v of %d", m.Len(), with.Get(""), with.Len())
				}
				if gone := with.Without(""); gone.Get("") != nil || gone.Len() != m.Len() {
					t.Fatalf("%d keys: the empty one cannot be removed", m.Len())
				}
			}
		}
	}
}

// One leaf is entered wherever the directory leads to it, and nowhere else,
// and the pages of an older map stay as they are.
func TestMapPlaces(t *testing.T) {
	t.Parallel()
	const bits = pageBits + 3
	old := Map[int]{shift: 64 - bits, dir: make([]*page[int], 1<<bits/pageLeaves)}
	for i := range old.dir {
		old.dir[i] = &page[int]{}
	}
	for depth := range uint8(bits + 1) {
		for _, at := range []uint64{0, 0x5555555555555555, ^uint64(0)} {
			m := old
			m.dir = append([]*page[int](nil), old.dir...)
			l := &leaf[int]{depth: depth}
			m.place(at, l)
			for i := range uint64(1 << bits) {
				h := i << m.shift
				if got, want := m.leaf(h) == l, (h^at)>>(64-depth) == 0; got != want {
					t.Fatalf("depth %d, for %x: at %x %t, want %t", depth, at, h, got, want)
				}
				if old.leaf(h) != nil {
					t.Fatalf("depth %d: the older map has changed", depth)
				}
			}
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
