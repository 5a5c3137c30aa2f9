package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// write prints the report as markdown: the table, and how far the library is
// from what it wants of itself.
func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %d cores, load before the run %s, seed %d, took %s; check and hot by %s  \n%s\n\n",
		r.Go, r.CPU, r.Cores, cmpEmpty(r.Load, "not known"), r.Seed, r.Took, r.Clock, strings.Join(r.Versions, ", "))
	rows := [][]string{{
		"data", "participant", "check", "× floor", "hot", "hot × floor", "all cores", "speed-up", "allocs yes / no", "load", "B/user",
		"assign", "grant", "stale", "p99 batch", "beside a writer", "covers?", "verified",
	}}
	for i := range r.Results {
		rows = append(rows, r.Results[i].cells())
	}
	writeTable(w, rows)

	if micros := r.micros(); len(micros) > 1 {
		fmt.Fprintln(w)
		writeTable(w, micros)
	}
	if len(r.Targets) > 0 {
		rows = [][]string{{"target", "data", "want", "got", ""}}
		for _, t := range r.Targets {
			verdict := "met"
			if !t.Met {
				verdict = "**missed**"
			}
			rows = append(rows, []string{t.Name, t.Data, t.Want, t.Got, verdict})
		}
		fmt.Fprintln(w)
		writeTable(w, rows)
	}
}

func (r *report) micros() [][]string {
	rows := [][]string{{"data", "operation", "ns", "bare", "ns", "ratio"}}
	for _, x := range r.Results {
		for _, m := range x.Micro {
			rows = append(rows, []string{x.Data, m.Name, figure(m.Ns), m.Bare, figure(m.BareNs), times(m.Ratio)})
		}
	}
	return rows
}

const none = "–"

func (x *result) cells() []string {
	name := x.Participant
	if x.Missing != "" {
		return []string{x.Data, name, x.Missing}
	}
	if !x.Preloaded {
		name += " (not preloaded)"
	}
	out := []string{
		x.Data, name, duration(x.Check), times(x.OverFloor), duration(x.Hot), times(x.HotOverFloor),
		duration(x.Parallel), times(x.Speedup), figure(x.AllocationsYes) + " / " + figure(x.AllocationsNo), duration(x.Load * 1e6), figure(x.HeapPerUser),
	}
	if x.StorePerUser > 0 {
		out[len(out)-1] += " + " + figure(x.StorePerUser)
	}
	if !x.Warm {
		out[4] += " (not warm)"
	}
	if c := x.Changes; c != nil {
		stale := fmt.Sprintf("0/%d", 2*c.Made)
		if wrong := c.StaleYes + c.StaleNo; wrong > 0 {
			stale = fmt.Sprintf("**%d/%d**", wrong, 2*c.Made)
		}
		out = append(out, duration(c.Assignment*1e3), duration(c.Permission*1e3), stale)
	} else {
		out = append(out, none, none, none)
	}
	if l := x.Latency; l != nil {
		batch := fmt.Sprintf(" (%d)", l.Batch)
		out = append(out, duration(l.Alone*1e3)+batch, duration(l.Beside*1e3)+", "+times(l.Beside/l.Alone))
	} else {
		out = append(out, none, none)
	}
	covers := none
	if x.Cover > 0 {
		covers = duration(x.Cover * 1e3)
	}
	return append(out, covers, thousands(x.Verified))
}

// writeTable prints rows, the first of which is the head, with aligned columns.
func writeTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for n, row := range rows {
		for i := range widths {
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(" ", widths[i]-len([]rune(cell))))
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}

// figure formats x with three significant digits, and none behind the point
// from 100 on.
func figure(x float64) string {
	switch {
	case math.Abs(x) >= 100:
		return thousands(int(math.Round(x)))
	case x == math.Trunc(x):
		return strconv.Itoa(int(x))
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

func times(x float64) string { return figure(x) + "×" }

// duration formats nanoseconds in the unit that suits them.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return figure(ns) + " ns"
	case ns < 1e6:
		return figure(ns/1e3) + " µs"
	case ns < 1e9:
		return figure(ns/1e6) + " ms"
	}
	return figure(ns/1e9) + " s"
}

func cmpEmpty(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
