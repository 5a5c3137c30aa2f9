package persistent

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

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
			from := rapid.SampledFrom(versions).Draw(t, "from")
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
	}
	if got := plain(t, m); len(got) != 0 {
		t.Fatalf("%d keys left", len(got))
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
