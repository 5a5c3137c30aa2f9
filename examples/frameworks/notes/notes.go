// Package notes is what the services of this module are about: a few notes that
// people read and write. It knows nothing of HTTP.
package notes

import "github.com/seed80bc5f17/rbac"

// What can be done.
const (
	View rbac.Permission = "notes.view"
	Edit rbac.Permission = "notes.edit"
)

// Catalog declares it.
func Catalog() (*rbac.Catalog, error) {
	return rbac.NewCatalog(rbac.Section{Name: "Notes", Permissions: []rbac.PermissionInfo{
		{ID: View, Label: "View notes"}, {ID: Edit, Label: "Edit notes and view drafts"},
	}})
}

// Note is a note. Names are anything: two of them differ in how a slash is
// written.
type Note struct {
	Name, Text string
	Draft      bool
}

var all = map[string]Note{
	"todo":  {Name: "todo", Text: "buy milk"},
	"a/b":   {Name: "a/b", Text: "for everybody"},
	"a%2Fb": {Name: "a%2Fb", Text: "not yet", Draft: true},
}

// Get returns the note with the name, or rbac.ErrNotFound if there is none that
// the reader may see.
func Get(reader rbac.Principal, name string) (Note, error) {
	n, ok := all[name]
	if !ok || !reader.Can(View) || n.Draft && !reader.Can(Edit) {
		return Note{}, rbac.ErrNotFound
	}
	return n, nil
}
