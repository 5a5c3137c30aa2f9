// Command bench compares this library with Casbin, Cedar, OPA, a map behind a
// lock and the least that any check must do, on the same generated data, and
// prints a markdown table. Every answer is compared with a naive oracle first;
// if one is wrong, nothing is printed.
//
//	GOWORK=off go -C bench run .
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	names := flags.String("size", "", "data sets, separated by commas: small, medium, tenants, large (default all; with -quick small,tenants)")
	peers := flags.String("peers", "", "participants, separated by commas, casbin* for all that begin so (default all)")
	quick := flags.Bool("quick", false, "a minute instead of ten: that it works, not how fast")
	file := flags.String("json", "", "write everything to this file too")
	limit := flags.Duration("limit", 9*time.Minute, "begin nothing more after this time; 0 is no limit")
	seed := flags.Uint64("seed", defaultSeed, "of data and questions")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*peers)
	if err != nil {
		return err
	}
	if *names == "" && *quick {
		*names = "small,tenants"
	}
	wanted, err := chooseSizes(*names)
	if err != nil {
		return err
	}
	r := &runner{effort: fullEffort, seed: *seed, progress: progress}
	if *quick {
		r.effort = quickEffort
	}

	start := time.Now()
	if *limit > 0 {
		r.end = start.Add(*limit)
	}
	rep := report{Go: runtime.Version(), CPU: cpu(), Cores: runtime.GOMAXPROCS(0), Load: load(), Seed: *seed, Clock: clockName, Versions: versions()}
	for _, s := range wanted {
		results, err := r.run(s, chosen)
		if err != nil {
			return err
		}
		rep.Results = append(rep.Results, results...)
	}
	rep.Took = time.Since(start).Round(time.Second).String()
	rep.Targets = rep.targets()
	rep.write(out)
	if *file == "" {
		return nil
	}
	encoded, err := json.MarshalIndent(rep, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(*file, append(encoded, '\n'), 0o644)
}

func chooseSizes(list string) ([]size, error) {
	if list == "" {
		return sizes, nil
	}
	var out []size
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(sizes, func(s size) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no data set %q", name)
		}
		out = append(out, sizes[i])
	}
	return out, nil
}

// versions returns the versions of the participants' modules.
func versions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var out []string
	for _, m := range info.Deps {
		for _, name := range []string{"casbin/casbin/v3", "cedar-policy/cedar-go", "open-policy-agent/opa"} {
			if m.Path == "github.com/"+name {
				out = append(out, name+" "+m.Version)
			}
		}
	}
	return out
}

// cpu and load say on what and beside what the run took place, on systems
// that tell.
func cpu() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func load() string {
	averages, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(averages), " ")
	return first
}
