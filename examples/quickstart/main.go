// Quickstart is a help desk that sells workspaces. It sets one up, lets its
// people run into the three rules, and shows what the library tells a host:
// the page of a role, why somebody may do something, what a change would do,
// what deserves a look, and who changed what.
//
// All is kept in a SQLite file. Run again, it goes on from there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func main() {
	path := flag.String("db", "", "the SQLite `file` (default: in the user's cache directory)")
	flag.Parse()
	if *path == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			log.Fatal(err)
		}
		*path = filepath.Join(dir, "rbac-quickstart", "desk.db")
	}
	if err := run(context.Background(), os.Stdout, *path); err != nil {
		log.Fatal(err)
	}
}

// The people of the workspace.
var (
	olivia = rbac.As("olivia") // the Owner
	adam   = rbac.As("adam")   // an Admin
	mona   = rbac.As("mona")   // Support manager
	lena   = rbac.As("lena")   // Support lead
	dora   = rbac.As("dora")   // in the group "support", like emil
)

// desk is one workspace, and where its story is told.
type desk struct {
	*rbac.Authority
	w io.Writer

	agent, lead, manager rbac.RoleID
	names                map[rbac.RoleID]string // of roles, for people
}

func run(ctx context.Context, w io.Writer, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	st, closeStore, err := openStore(ctx, path)
	if err != nil {
		return err
	}
	defer closeStore()
	catalog, err := rbac.NewCatalog(sections...)
	if err != nil {
		return err
	}
	authority, err := rbac.New(st, catalog, &rbac.Options{MultiTenant: true, Prebuilt: prebuilt(catalog)})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Stored in %s\n", path)

	d := &desk{Authority: authority.Tenant("acme"), w: w}
	for _, chapter := range []func(context.Context) error{
		d.setUp, d.ask, d.breakRules, d.showPage, d.explain, d.preview, d.change, d.review, d.history,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) title(text string) { fmt.Fprintf(d.w, "\n%s\n\n", text) }

// setUp makes what is missing. What is there already is no change, so that it
// can run at each start.
func (d *desk) setUp(ctx context.Context) error {
	first, err := d.Bootstrap(ctx, rbac.System("sign-up of acme"), "olivia")
	if err != nil {
		return err
	}
	if first.Changed {
		d.title("A new workspace, and olivia is its Owner")
	} else {
		d.title(fmt.Sprintf("The workspace is there: continues from revision %d", first.Revision))
	}
	if err := d.readRoles(ctx); err != nil {
		return err
	}

	// One batch, all or nothing. The id of a role is drawn when its operation
	// is made, so the lines that follow can name it.
	var ops []rbac.Op
	role := func(name, description string, permissions rbac.PermissionSet) rbac.RoleID {
		for id, known := range d.names {
			if known == name {
				return id
			}
		}
		op := rbac.CreateRole(rbac.NewRole{Name: name, Description: description, Permissions: permissions})
		ops = append(ops, op)
		return op.RoleID()
	}
	d.agent = role("Support agent", "Answers customers", agentSet)
	d.lead = role("Support lead", "Runs a team of agents", leadSet)
	d.manager = role("Support manager", "Answers for all of support", managerSet)
	assign := func(s rbac.Subject, role rbac.RoleID) {
		ops = append(ops, rbac.Assign(rbac.NewAssignment{Subject: s, Role: role}))
	}
	assign(rbac.User("adam"), rbac.AdminRole)
	assign(rbac.User("ben"), "accountant")
	assign(rbac.User("mona"), d.manager)
	assign(rbac.User("lena"), d.lead)
	assign(rbac.Group("support"), d.agent)
	ops = append(ops, rbac.AddMember("support", rbac.User("dora")), rbac.AddMember("support", rbac.User("emil")))
	made, err := d.Apply(ctx, olivia, ops...)
	if err != nil {
		return err
	}

	// Roles are not for Owners alone: lena makes one out of what she has.
	night := rbac.NewRole{Name: "Night shift", Permissions: rbac.Set("tickets.view", "tickets.note")}
	switch _, err := d.CreateRole(ctx, lena, night); {
	case errors.Is(err, rbac.ErrConflict): // the name is taken: it is there
	case err != nil:
		return err
	}
	if made.Changed {
		fmt.Fprintln(d.w, "  olivia made three roles, and gave them to mona, lena and the group support")
		fmt.Fprintln(d.w, "  lena made the role Night shift")
	} else {
		fmt.Fprintln(d.w, "  all roles and people are as they were set up: nothing to change")
	}
	return d.readRoles(ctx)
}

// readRoles fills d.names, page by page.
func (d *desk) readRoles(ctx context.Context) error {
	d.names = map[rbac.RoleID]string{}
	for q := (rbac.PageQuery{}); ; {
		page, err := d.Roles(ctx, olivia, q)
		if err != nil {
			return err
		}
		for _, role := range page.Items {
			d.names[role.ID] = role.Name
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// ask is what an application does all day.
func (d *desk) ask(ctx context.Context) error {
	d.title("May dora?")
	who, err := d.Resolve(ctx, dora) // once per request
	if err != nil {
		return err
	}
	for _, p := range []rbac.Permission{"tickets.reply", "tickets.delete"} {
		fmt.Fprintf(d.w, "  %-16s %t\n", p, who.Can(p))
	}
	return nil
}

// breakRules tries what is refused.
func (d *desk) breakRules(ctx context.Context) error {
	tries := []struct {
		title string
		actor rbac.Actor
		what  string
		op    rbac.Op
	}{
		{
			"Rule 1: nobody changes a role they hold",
			lena, "adds customers.export to Support lead", rbac.Grant(d.lead, "customers.export"),
		},
		{
			"Rule 2: a subset cannot modify a superset",
			lena, "takes reports.share from Support manager", rbac.Revoke(d.manager, "reports.share"),
		},
		{
			"Rule 3: nobody grants what they do not possess",
			lena, "adds customers.export to Support agent", rbac.Grant(d.agent, "customers.export"),
		},
		{
			"",
			lena, "makes a role with billing.pay", rbac.CreateRole(rbac.NewRole{Name: "Side door", Permissions: rbac.Set("tickets.view", "billing.pay")}),
		},
		{
			"",
			lena, "gives dora the role Support manager", rbac.Assign(rbac.NewAssignment{Subject: rbac.User("dora"), Role: d.manager}),
		},
		{
			"And for an Owner, too",
			olivia, "adds workspace.delete to Support agent", rbac.Grant(d.agent, "workspace.delete"),
		},
		{
			"",
			olivia, "edits the prebuilt role Admin", rbac.Grant(rbac.AdminRole, "billing.view"),
		},
		{
			"",
			olivia, "resigns as the only Owner", rbac.Unassign(rbac.User("olivia"), rbac.OwnerRole),
		},
	}
	for _, t := range tries {
		if t.title != "" {
			d.title(t.title)
		}
		_, err := d.Apply(ctx, t.actor, t.op)
		var denied *rbac.DeniedError
		if !errors.As(err, &denied) {
			return fmt.Errorf("%s %s: want a refusal, got %w", t.actor, t.what, err)
		}
		fmt.Fprintf(d.w, "  %s %s\n    refused, %s: %s", t.actor, t.what, denied.Reason, denied.Reason.Text())
		if len(denied.Missing) > 0 {
			fmt.Fprintf(d.w, " %v", denied.Missing)
		}
		fmt.Fprintln(d.w)
	}
	return nil
}

// change is the one thing that is new with each run.
func (d *desk) change(ctx context.Context) error {
	d.title("emil stands in for lena until tonight")
	receipt, err := d.Apply(ctx, adam,
		rbac.Unassign(rbac.User("emil"), d.lead), // from the last run, if any
		rbac.Assign(rbac.NewAssignment{
			Subject: rbac.User("emil"), Role: d.lead, Until: time.Now().Add(8 * time.Hour), Reason: "lena is on holiday",
		}),
	)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.w, "  adam assigned it: revision %d\n", receipt.Revision)
	return nil
}
