// Package names numbers a fixed list of names, and finds the number of a name
// in half the time that a map takes. The names are the program's own, so that
// the hash may be a simple one.
package names

import "math/bits"

// Index finds numbers. The zero Index has no names. It is immutable.
type Index struct {
	slots []slot // a power of two, at most a third of them taken
	shift uint8  // 64 less the number of bits of an index into slots
}

type slot struct {
	name   string // "" = free
	number uint16
}

// New returns the Index of different names, none of which is "": each has its
// place in the list as its number. There are at most 65,536.
func New[S ~string](list []S) Index {
	width := bits.Len(uint(3 * len(list)))
	x := Index{slots: make([]slot, 1<<width), shift: uint8(64 - width)}
	for i, name := range list {
		j := hash(string(name)) >> x.shift
		for x.at(j).name != "" {
			j++
		}
		*x.at(j) = slot{string(name), uint16(i)}
	}
	return x
}

func (x *Index) at(i uint64) *slot { return &x.slots[i&uint64(len(x.slots)-1)] }

// Find returns the number of a name, if it has one.
func (x *Index) Find(name string) (number uint16, ok bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	for i := hash(name) >> x.shift; ; i++ {
		s := x.at(i)
		if s.name == name {
			return s.number, name != ""
		}
		if s.name == "" {
			return 0, false
		}
	}
}

const (
	odd   = 0x9e3779b97f4a7c15
	other = 0xd6e8feb86659fd93
)

// hash multiplies by eight bytes at a time, the last eight first.
func hash(s string) uint64 {
	h := uint64(len(s))
	if len(s) < 8 {
		for i := range len(s) {
			h = h<<8 ^ uint64(s[i])
		}
		return h * odd
	}
	h = (h ^ eight(s[len(s)-8:])) * odd
	for ; len(s) > 8; s = s[8:] {
		h = (bits.RotateLeft64(h, 29) ^ eight(s)) * other
	}
	return h
}

// eight is one load on most machines.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
