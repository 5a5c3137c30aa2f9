package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/store"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// changes prints the table of decided changes.
func changes(ctx context.Context, w io.Writer, ds []*database, z sizes) error {
	begin(w, "Decided changes", ds)
	head, line := []string{"database", "tenants", "processes × writers"}, []string{"---", "--:", "--:"}
	for _, m := range methods {
		head, line = append(head, m.name+", changes/s", "waits, ms: median, 99 %, longest"), append(line, "--:", "--:")
	}
	row(w, append(head, "× compare-and-swap", "× lock first")...)
	row(w, append(line, "--:", "--:")...)
	var failures []string
	for _, d := range ds {
		tenants, err := d.found(ctx, z.tenants)
		if err != nil {
			return err
		}
		for _, of := range [][]tenant{tenants[:1], tenants} {
			for _, c := range z.crews {
				cells := []string{d.name, fmt.Sprint(len(of)), c.String()}
				var rates []float64
				for i := range methods {
					f, err := d.measure(ctx, i, c, of, z.window)
					if err != nil {
						return fmt.Errorf("%s, %d tenants, %v, %s: %w", d.name, len(of), c, methods[i].name, err)
					}
					rates = append(rates, f.rate)
					cells = append(cells, fmt.Sprintf("%.0f", f.rate), fmt.Sprintf("%s, %s, %s", ms(f.median), ms(f.most), ms(f.longest)))
					if f.errors > 0 {
						failures = append(failures, fmt.Sprintf("%s, %d tenants, %v, %s: %d attempts failed, such as: %s",
							d.name, len(of), c, methods[i].name, f.errors, f.err))
					}
				}
				row(w, append(cells, times(rates[0], rates[1]), times(rates[0], rates[2]))...)
			}
		}
	}
	if failures != nil {
		fmt.Fprintln(w, "\nFailures, which the writers met with another attempt:")
		for _, text := range failures {
			fmt.Fprintln(w, "- "+text)
		}
	}
	return nil
}

// times prints how many times b goes into a, if any change was made at all.
func times(a, b float64) string {
	if b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", a/b)
}

// ms prints milliseconds with two significant digits or more.
func ms(d time.Duration) string {
	switch v := float64(d) / 1e6; {
	case v < 1:
		return fmt.Sprintf("%.2f", v)
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// found makes tenants, each with an administrator who gives the role of a clerk.
func (d *database) found(ctx context.Context, n int) ([]tenant, error) {
	s, err := sqlstore.New(d.db, d.at.Dialect, d.at.options())
	if err != nil {
		return nil, err
	}
	a, err := newAuthority(s)
	if err != nil {
		return nil, err
	}
	all := make([]tenant, n)
	for i := range all {
		clerk := rbac.CreateRole(rbac.NewRole{Name: "Clerk", Permissions: rbac.Set("app.x")})
		manager := rbac.CreateRole(rbac.NewRole{Name: "Manager", Permissions: rbac.Set(
			"app.x", "app.y", rbac.RolesView, rbac.RolesAssign, rbac.RolesUnassign,
		)})
		all[i] = tenant{fmt.Sprintf("tenant-%d", i), clerk.RoleID()}
		_, err := a.Tenant(all[i].ID).Apply(ctx, rbac.System("contention"), rbac.Bootstrap("olivia"), clerk, manager,
			rbac.Assign(rbac.NewAssignment{Subject: rbac.User(admin), Role: manager.RoleID()}))
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// figures are what one measurement comes to.
type figures struct {
	rate                  float64 // changes a second
	median, most, longest time.Duration
	errors                int
	err                   string
}

// measure has a crew make changes for a while, and wants every acknowledged
// one to be a revision, and every revision to be an acknowledged change.
func (d *database) measure(ctx context.Context, method int, c crew, tenants []tenant, window time.Duration) (figures, error) {
	var f figures
	before, err := d.revisions(ctx, tenants)
	if err != nil {
		return f, err
	}
	d.cells++
	var processes []*process
	defer func() {
		for _, p := range processes {
			p.end()
		}
	}()
	for i := range c.processes {
		p, err := start(ctx, order{d.at, method, fmt.Sprintf("user-%d-%d", d.cells, i), c.writers, window, tenants})
		if err != nil {
			return f, err
		}
		processes = append(processes, p)
	}
	for _, p := range processes {
		if line, err := p.out.ReadString('\n'); strings.TrimSpace(line) != ready {
			return f, errors.Join(fmt.Errorf("a writer is not ready but says %q: %s", line, p.errors), err)
		}
	}
	for _, p := range processes {
		if _, err := io.WriteString(p.in, "go\n"); err != nil {
			return f, err
		}
	}
	var sum report
	for _, p := range processes {
		var r report
		if err := json.NewDecoder(p.out).Decode(&r); err != nil {
			return f, fmt.Errorf("a writer: %w: %s", err, p.errors)
		}
		sum.Inside += r.Inside
		sum.Made += r.Made
		sum.Waits = append(sum.Waits, r.Waits...)
		if sum.Errors += r.Errors; r.Error != "" {
			sum.Error = r.Error
		}
	}
	after, err := d.revisions(ctx, tenants)
	if err != nil {
		return f, err
	}
	if after-before != uint64(sum.Made) {
		return f, fmt.Errorf("%d changes were acknowledged, %d were made", sum.Made, after-before)
	}
	if len(sum.Waits) == 0 {
		return f, errors.New("no change was begun")
	}
	slices.Sort(sum.Waits)
	at := func(share float64) time.Duration { return sum.Waits[int(share*float64(len(sum.Waits)-1))] }
	return figures{float64(sum.Inside) / window.Seconds(), at(0.5), at(0.99), at(1), sum.Errors, sum.Error}, nil
}

// revisions returns how many changes were ever made to the tenants.
func (d *database) revisions(ctx context.Context, tenants []tenant) (sum uint64, err error) {
	s, err := sqlstore.New(d.db, d.at.Dialect, d.at.options())
	if err != nil {
		return 0, err
	}
	ids := make([]string, len(tenants))
	for i, t := range tenants {
		ids[i] = t.ID
	}
	var heads []store.Head
	if heads, err = s.Heads(ctx, ids); err != nil {
		return 0, err
	}
	for _, h := range heads {
		sum += h.Revision
	}
	return sum, nil
}

// process is a writing process and the ends of its pipes.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors *strings.Builder
}

func start(ctx context.Context, o order) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.CommandContext(ctx, program), errors: new(strings.Builder)}
	p.Env = append(os.Environ(), writerVariable+"=1")
	p.Stderr = p.errors
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		return nil, err
	}
	return p, json.NewEncoder(p.in).Encode(o)
}

// end ends the process, which has ended by itself unless something went wrong.
func (p *process) end() {
	_ = p.in.Close()
	_, _ = io.Copy(io.Discard, p.out)
	_ = p.Wait()
}
