// Command contention measures how many changes a second the Authority decides
// and writes when many want to change roles at once, and how long each of them
// waits, on SQLite, PostgreSQL and MariaDB.
//
//	go run ./contention          # changes; about 5 minutes
//	go run ./contention -load    # loading of large tenants, bytes on disk; about 5 minutes
//	go run ./contention -only MariaDB
//	go run ./contention -short   # whether it works; the figures say nothing
//
// It starts servers of its own with their safe settings, as the tests do, or
// uses those of RBAC_TEST_POSTGRES_DSN and RBAC_TEST_MYSQL_DSN. Writers are in
// processes of their own. A change is an assignment, or its end, asked for by a
// user who is no Owner, decided under all rules and acknowledged. Next to the
// library two ways to do without its queue are measured, on the same tables and
// under the same rules; see [swap] and [lock].
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	if obeyed, err := obey(os.Stdin, os.Stdout); obeyed {
		exit(err)
	}
	full := sizes{
		window: 4 * time.Second, tenants: 1000,
		crews: []crew{{1, 1}, {8, 1}, {4, 16}},
		loads: []int{1000, 100_000, 1_000_000},
	}
	short := sizes{
		window: 100 * time.Millisecond, tenants: 10,
		crews: []crew{{1, 1}, {2, 4}},
		loads: []int{1000, 10_000},
	}
	load := flag.Bool("load", false, "measure loading and storage instead of changes")
	brief := flag.Bool("short", false, "very little of everything")
	only := flag.String("only", "", "measure only the `database` of this name: SQLite, PostgreSQL or MariaDB")
	flag.Parse()
	z := full
	if *brief {
		z = short
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second one is not waited for
	measure := changes
	if *load {
		measure = loads
	}
	ds, err := databases(ctx, *only)
	if err == nil {
		err = measure(ctx, os.Stdout, ds, z)
		closeAll(ds)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// sizes say how much of everything there is.
type sizes struct {
	window  time.Duration // of one measurement
	tenants int           // when there are many
	crews   []crew
	loads   []int // assignments in a tenant
}

// crew is who makes changes at the same time.
type crew struct {
	processes int
	writers   int // in each
}

func (c crew) String() string { return fmt.Sprintf("%d × %d", c.processes, c.writers) }

// begin prints what the figures depend on.
func begin(w io.Writer, what string, ds []*database) {
	fmt.Fprintf(w, "%s. %s, %d CPUs.", what, runtime.Version(), runtime.NumCPU())
	for _, d := range ds {
		fmt.Fprintf(w, " %s %s by %s.", d.name, d.version, driver(d.module))
	}
	fmt.Fprint(w, "\n\n")
}

// driver returns a module and its version.
func driver(path string) string {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		if i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path }); i >= 0 {
			path += " " + info.Deps[i].Version
		}
	}
	return path
}

// row prints one line of a table.
func row(w io.Writer, cells ...string) {
	fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |")
}
