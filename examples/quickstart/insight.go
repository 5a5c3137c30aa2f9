package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed80bc5f17/rbac"
)

func (d *desk) explain(ctx context.Context) error {
	d.title("Why, and why not?")
	for _, p := range []rbac.Permission{"tickets.reply", "tickets.assign"} {
		x, err := d.Explain(ctx, mona, rbac.User("dora"), p)
		if err != nil {
			return err
		}
		if x.Allowed {
			fmt.Fprintf(d.w, "  dora has %s\n", p)
		} else {
			fmt.Fprintf(d.w, "  dora lacks %s\n", p)
		}
		for _, path := range x.Because {
			via := "directly"
			if len(path.Groups) > 0 {
				via = "through the group " + strings.Join(path.Groups, " in ")
			}
			fmt.Fprintf(d.w, "    by the role %s, %s, given by %s\n", path.RoleName, via, path.Assignment.GrantedBy)
		}
		for _, id := range x.Assignable {
			fmt.Fprintf(d.w, "    mona could give the role %s\n", d.names[id])
		}
	}
	return nil
}

func (d *desk) preview(ctx context.Context) error {
	d.title("What if mona takes tickets.close from Support agent?")
	impact, err := d.Preview(ctx, mona, rbac.Revoke(d.agent, "tickets.close"))
	if err != nil {
		return err
	}
	fmt.Fprintf(d.w, "  %d of %d users would lose something:\n", impact.Losing, impact.Examined)
	for _, u := range impact.Users {
		fmt.Fprintf(d.w, "    %s would lose %v\n", u.User, u.Lost)
	}
	return nil
}

func (d *desk) review(ctx context.Context) error {
	d.title("What deserves a look?")
	for q := (rbac.ReviewQuery{}); ; {
		page, err := d.Review(ctx, olivia, q)
		if err != nil {
			return err
		}
		for _, f := range page.Items {
			fmt.Fprintf(d.w, "  %-18s role %s", f.Concern, d.names[f.Role])
			if f.Assignment != nil {
				fmt.Fprintf(d.w, " of %s until %s", f.Assignment.Subject, f.Assignment.Until.Local().Format(time.DateTime))
			}
			fmt.Fprintln(d.w)
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

func (d *desk) history(ctx context.Context) error {
	d.title("Who changed what? (the last four)")
	page, err := d.History(ctx, olivia, rbac.PageQuery{Limit: 4})
	if err != nil {
		return err
	}
	for _, e := range page.Items {
		who := e.User
		if who == "" {
			who = "the host (" + e.System + ")"
		}
		fmt.Fprintf(d.w, "  %3d  %s  %s\n", e.Revision, e.Time.Local().Format(time.DateTime), who)
		for _, c := range e.Roles {
			if c.Before == nil {
				fmt.Fprintf(d.w, "         made the role %s\n", c.After.Name)
			}
		}
		for _, c := range e.Assignments {
			if c.After != nil {
				fmt.Fprintf(d.w, "         gave %s to %s", d.names[c.After.Role], c.After.Subject)
				if c.After.Reason != "" {
					fmt.Fprintf(d.w, ": %s", c.After.Reason)
				}
				fmt.Fprintln(d.w)
			}
		}
		for _, c := range e.Memberships {
			if c.After != nil {
				fmt.Fprintf(d.w, "         put %s into %s\n", c.After.Member, c.After.Group)
			}
		}
	}
	return nil
}
