package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/internal/readme"
)

// session runs the program once.
func session(t *testing.T, path string) string {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), &out, path); err != nil {
		t.Fatalf("%v, after:\n%s", err, out.String())
	}
	return out.String()
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new directory", "desk ?#%.db")
	first, second := session(t, path), session(t, path)

	always := []string{
		"Stored in " + path,
		"  tickets.reply    true\n  tickets.delete   false\n",
		"lena adds customers.export to Support lead\n    refused, own_role:",
		"lena takes reports.share from Support manager\n    refused, dominance:",
		"lena adds customers.export to Support agent\n    refused, coverage: it takes permissions that the actor does not hold [customers.export]\n",
		"lena makes a role with billing.pay\n    refused, coverage:",
		"lena gives dora the role Support manager\n    refused, coverage:",
		"olivia adds workspace.delete to Support agent\n    refused, owner_only:",
		"olivia edits the prebuilt role Admin\n    refused, prebuilt:",
		"olivia resigns as the only Owner\n    refused, last_owner:",
		"  delete   no: the role is in use\n",
		"    [x] Reply                 tickets.reply\n    [x] Write notes           tickets.note\n    [ ] Assign tickets        tickets.assign\n",
		"    [ ] View invoices         billing.view         locked: ",
		"    [ ] Delete the workspace  workspace.delete     locked: ",
		"dora has tickets.reply\n    by the role Support agent, through the group support, given by olivia\n",
		"dora lacks tickets.assign\n",
		"mona could give the role Support lead\n",
		"    dora would lose {tickets.close}\n",
		"  role_unheld        role Night shift\n",
		"  assignment_expires role Support lead of user:emil until ",
		"  adam\n         gave Support lead to user:emil: lena is on holiday\n",
	}
	contains(t, first, append(always,
		"A new workspace, and olivia is its Owner",
		"  2 of 2 users would lose something:",
		"adam assigned it: revision 4\n",
		"the host (sign-up of acme)\n         gave Owner to user:olivia\n",
	))
	contains(t, second, append(always,
		"The workspace is there: continues from revision 4\n",
		"nothing to change\n",
		"  1 of 2 users would lose something:", // emil stands in for lena, and keeps it
		"adam assigned it: revision 5\n",
	))
}

func contains(t *testing.T, out string, lines []string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains(out, want) {
			t.Errorf("missing:\n%s", want)
		}
	}
	if t.Failed() {
		t.Logf("the output is:\n%s", out)
	}
}

// An excerpt in the README, marked by a line "…" where something is left out.
func TestREADMEShowsTheSession(t *testing.T) {
	t.Parallel()
	blocks := readme.Blocks(t, "../../README.md", "text")
	if len(blocks) < 2 {
		t.Fatal("README.md has no second text block")
	}
	rest := session(t, filepath.Join(t.TempDir(), "desk.db"))
	for _, part := range strings.Split(blocks[1], "…\n") {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("README.md shows what the program does not print, or in other order:\n%s", part)
		}
		rest = after
	}
}

func TestCatalogIsRealistic(t *testing.T) {
	t.Parallel()
	c, err := rbac.NewCatalog(sections...)
	if err != nil {
		t.Fatal(err)
	}
	declared, ownerOnly := 0, 0
	for _, section := range sections {
		for _, p := range section.Permissions {
			declared++
			if p.Label == "" || p.Description == "" {
				t.Errorf("%s has no label or no description", p.ID)
			}
			if p.OwnerOnly {
				ownerOnly++
			}
		}
	}
	if declared < 25 || len(sections) < 5 || ownerOnly == 0 {
		t.Errorf("%d permissions in %d sections, %d for Owners only", declared, len(sections), ownerOnly)
	}
	if !agentSet.SubsetOf(leadSet) || !leadSet.SubsetOf(managerSet) || !managerSet.SubsetOf(c.Delegable()) {
		t.Error("the roles do not stand above one another")
	}
}
