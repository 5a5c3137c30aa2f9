package main

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed80bc5f17/rbac"
)

// showPage prints what a page about a role shows to an Admin. The verdicts
// come from the function that judges changes: what is open here is accepted,
// what is locked is refused, for the reason shown.
func (d *desk) showPage(ctx context.Context) error {
	view, err := d.RoleView(ctx, adam, d.agent)
	if err != nil {
		return err
	}
	d.title(fmt.Sprintf("The page of the role %s, as adam, an Admin, sees it", view.Role.Name))
	for _, line := range []struct {
		what string
		may  rbac.Affordance
	}{
		{"edit", view.Edit},
		{"delete", view.Delete},
		{"clone", view.Clone},
		{"suspend", view.Status[rbac.Suspended]},
		{"block", view.Status[rbac.Blocked]},
	} {
		fmt.Fprintf(d.w, "  %-8s %s\n", line.what, verdict(line.may))
	}
	labels, ids := widths(view.Sections)
	for _, section := range view.Sections {
		fmt.Fprintf(d.w, "\n  %s\n", section.Name)
		for _, t := range section.Toggles {
			box, lock := "[ ]", ""
			if t.On {
				box = "[x]"
			}
			if !t.Enabled {
				lock = "locked: " + t.Text
			}
			row := fmt.Sprintf("    %s %-*s  %-*s  %s", box, labels, t.Label, ids, t.Permission, lock)
			fmt.Fprintln(d.w, strings.TrimRight(row, " "))
		}
	}
	return nil
}

// widths returns how wide the columns of labels and permissions are.
func widths(sections []rbac.SectionView) (labels, ids int) {
	for _, section := range sections {
		for _, t := range section.Toggles {
			labels = max(labels, utf8.RuneCountInString(t.Label))
			ids = max(ids, len(t.Permission))
		}
	}
	return labels, ids
}

func verdict(a rbac.Affordance) string {
	if a.Enabled {
		return "yes"
	}
	return "no: " + a.Text
}
