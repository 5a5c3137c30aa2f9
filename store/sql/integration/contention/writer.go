package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/seed80bc5f17/rbac"
)

// order is what a process of its own, which is this very program, is to do.
type order struct {
	Place   place
	Method  int // in methods
	Name    string
	Writers int
	Window  time.Duration
	Tenants []tenant
}

// tenant is one to change, and the role that is given and taken away in it.
type tenant struct {
	ID    string
	Clerk rbac.RoleID
}

// report is what a process has done.
type report struct {
	Inside int             // changes acknowledged before the window ended
	Made   int             // all that were acknowledged, before it and after it too
	Waits  []time.Duration // of each change begun in the window; of one that was given up, so far
	Errors int             // attempts that failed and were made again
	Error  string          // the last of them
}

// The variable that says that this process is a writer, and what one says when
// it is ready; any line of input then starts the window.
const (
	writerVariable = "RBAC_CONTENTION_WRITER"
	ready          = "ready"
)

// tail is how long a writer waits, after the window, for a change to be made
// that was begun in it.
const tail = 5 * time.Second

// obey reports whether this process is a writer and, if so, has done what a
// writer does.
func obey(r io.Reader, w io.Writer) (bool, error) {
	if os.Getenv(writerVariable) == "" {
		return false, nil
	}
	in := bufio.NewReader(r)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return true, err
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return true, err
	}
	changes, err := methods[o.Method].method(o.Place, o.Writers)
	if err != nil {
		return true, err
	}
	writers := make([]*writer, o.Writers)
	for i := range writers {
		name := fmt.Sprintf("%s-%d", o.Name, i)
		writers[i] = &writer{order: &o, change: changes[i], user: name, holds: make(map[string]bool)}
	}
	crowd(writers, func(w *writer) { // connections are made, and what is cached is
		for range 2 {
			w.step(context.Background())
		}
		w.Waits = nil
	})
	fmt.Fprintln(w, ready)
	if _, err := in.ReadBytes('\n'); err != nil {
		return true, err
	}
	end := time.Now().Add(o.Window)
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(tail))
	defer cancel()
	crowd(writers, func(w *writer) {
		for time.Now().Before(end) {
			w.step(ctx)
			if time.Now().Before(end) {
				w.Inside++
			}
		}
	})
	var sum report
	for _, w := range writers {
		sum.Inside += w.Inside
		sum.Made += w.Made
		sum.Waits = append(sum.Waits, w.Waits...)
		if sum.Errors += w.Errors; w.Error != "" {
			sum.Error = w.Error
		}
	}
	return true, json.NewEncoder(w).Encode(sum)
}

func crowd(writers []*writer, f func(*writer)) {
	var group sync.WaitGroup
	for _, w := range writers {
		group.Go(func() { f(w) })
	}
	group.Wait()
}

// writer gives a role to a user of its own and takes it away, again and again.
type writer struct {
	report
	order  *order
	change change
	user   string
	holds  map[string]bool // by tenant
}

// step makes one change, however often it takes.
func (w *writer) step(ctx context.Context) {
	t := w.order.Tenants[rand.IntN(len(w.order.Tenants))]
	op := rbac.Assign(rbac.NewAssignment{Subject: rbac.User(w.user), Role: t.Clerk})
	if w.holds[t.ID] {
		op = rbac.Unassign(rbac.User(w.user), t.Clerk)
	}
	start := time.Now()
	for {
		r, err := w.change(ctx, t.ID, op)
		switch {
		case err == nil && r.Changed:
			w.Made++
			w.holds[t.ID] = !w.holds[t.ID]
		case ctx.Err() != nil:
		default:
			w.Errors++
			if w.Error = "nothing was changed"; err != nil {
				w.Error = err.Error()
			}
			if !errors.Is(err, rbac.ErrDenied) && err != nil {
				continue
			}
		}
		w.Waits = append(w.Waits, time.Since(start))
		return
	}
}
