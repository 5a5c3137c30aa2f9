package names

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIndexIsAMap(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(
		rapid.StringMatching(`[a-z.]{1,30}`),
		rapid.StringMatching(`[ab]{1,20}`), // much alike
		rapid.StringN(1, 12, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfNDistinct(name, 0, 200, rapid.ID).Draw(t, "list")
		x, want := New(list), map[string]uint16{}
		for i, n := range list {
			want[n] = uint16(i)
		}
		for _, n := range append(rapid.SliceOf(name).Draw(t, "others"), append(list, "")...) {
			number, ok := want[n]
			if got, found := x.Find(strings.Clone(n)); got != number || found != ok {
				t.Fatalf("Find(%q) = %d, %t; want %d, %t", n, got, found, number, ok)
			}
		}
	})
}

func TestIndexOfNothing(t *testing.T) {
	t.Parallel()
	var zero Index
	for _, x := range []Index{zero, New[string](nil)} {
		if n, ok := x.Find("a"); n != 0 || ok {
			t.Errorf("Find = %d, %t", n, ok)
		}
	}
}

// The largest catalogue there may be has names that are hardly told apart.
func TestIndexOfManyNames(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 65_535 {
		list = append(list, fmt.Sprintf("section%05d.of.the.application.view", i))
	}
	x := New(list)
	steps := 0
	for i, name := range list {
		if got, ok := x.Find(name); !ok || int(got) != i {
			t.Fatalf("Find(%q) = %d, %t", name, got, ok)
		}
		for j := hash(name) >> x.shift; x.at(j).name != name; j++ {
			steps++
		}
	}
	if steps > len(list) {
		t.Errorf("%d steps too many for %d names", steps, len(list))
	}
}

// A name is not another one that has its hash.
func TestIndexTellsNamesApart(t *testing.T) {
	t.Parallel()
	var inverse uint64 = other // modulo 2^64: five steps of Newton's
	for range 5 {
		inverse *= 2 - other*inverse
	}
	text := func(h uint64) (out string) {
		for ; h != 0; h >>= 8 {
			out += string([]byte{byte(h)})
		}
		return out
	}
	const name = "orders.view"
	x := New([]string{name, "another"})
	for i := range uint64(1000) {
		last := fmt.Sprintf("%08d", i)
		h := (16 ^ eight(last)) * odd
		first := text(h<<29 | h>>35 ^ hash(name)*inverse)
		if len(first) < 8 {
			continue
		}
		twin := first + last
		if hash(twin) != hash(name) {
			t.Fatalf("%q does not have the hash of %q", twin, name)
		}
		if n, ok := x.Find(twin); ok {
			t.Fatalf("Find(%q) = %d", twin, n)
		}
	}
}

// Names that differ in few places, wherever these are, are soon found.
func TestIndexOfNamesMuchAlike(t *testing.T) {
	t.Parallel()
	const n = 4_096
	digits := func(i int) (out [6]byte) { // of base 4
		for j := range out {
			out[j] = 'a' + byte(i>>(2*j)&3)
		}
		return out
	}
	for length := 6; length < 28; length++ {
		for at := 0; at+6 <= length; at++ {
			var list []string
			for i := range n {
				name, d := []byte(fmt.Sprintf("%0*d", length, 0)), digits(i)
				copy(name[at:], d[:])
				list = append(list, string(name))
			}
			x := New(list)
			steps := 0
			for _, name := range list {
				for j := hash(name) >> x.shift; x.at(j).name != name; j++ {
					steps++
				}
			}
			if steps > n {
				t.Errorf("%d steps too many for %d names such as %q", steps, n, list[n-1])
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	var list []string
	plain := map[string]uint16{}
	for i := range 64 {
		list = append(list, fmt.Sprintf("area%02d.%s", i/4, []string{"view", "create", "edit", "delete"}[i%4]))
		plain[list[i]] = uint16(i)
	}
	x, n := New(list), 0
	for i := range list {
		list[i] = strings.Clone(list[i])
	}
	b.Run("index", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			got, _ := x.Find(list[i*7%64])
			n += int(got)
		}
	})
	b.Run("map", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n += int(plain[list[i*7%64]])
		}
	})
}
