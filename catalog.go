package rbac

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac/internal/names"
	"github.com/seed80bc5f17/rbac/internal/naming"
)

// Section is a named part of a [Catalog], in the order a page shows it.
type Section struct {
	Name        string // required; see Role.Name for the characters
	Permissions []PermissionInfo
}

// PermissionInfo declares one permission.
type PermissionInfo struct {
	ID          Permission `json:"id"`                    // required
	Label       string     `json:"label"`                 // short text for people; default: the ID
	Description string     `json:"description,omitempty"` // at most 1,024 runes
	OwnerOnly   bool       `json:"owner_only,omitempty"`  // only an Owner ever has it; no other role can contain it
}

// Catalog is the permissions that exist, as the host's code declares them at
// start-up, in sections, followed by the library's own in a section named
// "Roles and access". It is immutable and safe for concurrent use.
type Catalog struct {
	sections  []Section
	info      map[Permission]PermissionInfo
	all       PermissionSet
	ownerOnly PermissionSet
	numbered  []Permission // sorted; the numbers never leave the process
	index     names.Index  // the other way round
}

// maxPermissions bounds a catalogue, the library's own part included.
const maxPermissions = 65_535

const ownSection = "Roles and access"

// ownPermissions is the library's own part of every catalogue (S2).
var ownPermissions = [...]PermissionInfo{
	{ID: RolesView, Label: "View roles", Description: "See roles, who holds them, groups and access reviews"},
	{ID: RolesCreate, Label: "Create roles", Description: "Make new roles out of permissions one holds"},
	{ID: RolesEdit, Label: "Edit roles", Description: "Change roles that hold less than oneself"},
	{ID: RolesDelete, Label: "Delete roles", Description: "Remove roles that hold less than oneself"},
	{ID: RolesAssign, Label: "Assign roles", Description: "Give roles to users and groups"},
	{ID: RolesUnassign, Label: "Unassign roles", Description: "Take roles from users and groups"},
	{ID: GroupsEdit, Label: "Edit groups", Description: "Add and remove members of groups"},
	{ID: AuditView, Label: "View history", Description: "Read who changed what, when and why"},
}

// NewCatalog returns the catalogue of the given sections, which it copies.
//
// It is an [InvalidError] if a section has no name or shares it with another,
// if a permission's name is malformed, declared twice, differs from another
// only by case, or begins with "rbac.", if a text is malformed, or if there are
// more than 65,535 permissions.
func NewCatalog(sections ...Section) (*Catalog, error) {
	c := &Catalog{info: map[Permission]PermissionInfo{}}
	folded := map[string]Permission{}
	for _, p := range ownPermissions {
		folded[strings.ToLower(string(p.ID))] = p.ID
	}
	titles := map[string]bool{naming.Key(ownSection): true}
	for i, section := range sections {
		field := fmt.Sprintf("sections[%d]", i)
		if problem := naming.RoleName(section.Name); problem != "" {
			return nil, &InvalidError{Field: field + ".name", Problem: problem}
		}
		if key := naming.Key(section.Name); titles[key] {
			return nil, &InvalidError{Field: field + ".name", Problem: "is the name of two sections"}
		} else {
			titles[key] = true
		}
		copied := Section{Name: section.Name, Permissions: slices.Clone(section.Permissions)}
		for j := range copied.Permissions {
			p := &copied.Permissions[j]
			if err := c.declare(p, folded, fmt.Sprintf("%s.permissions[%d]", field, j)); err != nil {
				return nil, err
			}
		}
		c.sections = append(c.sections, copied)
	}
	own := slices.Clone(ownPermissions[:])
	c.sections = append(c.sections, Section{Name: ownSection, Permissions: own})
	for _, p := range own {
		c.info[p.ID] = p
	}
	var all, ownerOnly []Permission
	for id, p := range c.info {
		all = append(all, id)
		if p.OwnerOnly {
			ownerOnly = append(ownerOnly, id)
		}
	}
	if len(all) > maxPermissions {
		return nil, &InvalidError{Field: "sections", Problem: "have more than 65,535 permissions"}
	}
	c.all, c.ownerOnly = Set(all...), Set(ownerOnly...)
	c.numbered = slices.Collect(c.all.All())
	c.index = names.New(c.numbered)
	return c, nil
}

// number returns the number of a permission that exists.
func (c *Catalog) number(p Permission) (uint16, bool) { return c.index.Find(string(p)) }

func (c *Catalog) declare(p *PermissionInfo, folded map[string]Permission, field string) error {
	if problem := naming.Permission(string(p.ID)); problem != "" {
		return &InvalidError{Field: field + ".id", Problem: problem}
	}
	key := strings.ToLower(string(p.ID))
	switch other, taken := folded[key]; {
	case taken && other == p.ID:
		return &InvalidError{Field: field + ".id", Problem: fmt.Sprintf("%q is declared twice", p.ID)}
	case taken:
		return &InvalidError{Field: field + ".id", Problem: fmt.Sprintf("%q and %q differ only by case", p.ID, other)}
	case strings.HasPrefix(key, "rbac."):
		return &InvalidError{Field: field + ".id", Problem: `names beginning with "rbac." are the library's own`}
	}
	if p.Label == "" {
		p.Label = string(p.ID)
	}
	if problem := naming.Reason(p.Label); problem != "" {
		return &InvalidError{Field: field + ".label", Problem: problem}
	}
	if problem := naming.Description(p.Description); problem != "" {
		return &InvalidError{Field: field + ".description", Problem: problem}
	}
	folded[key] = p.ID
	c.info[p.ID] = *p
	return nil
}

// Sections returns the sections in order, the library's own last. The result
// is a copy.
func (c *Catalog) Sections() []Section {
	out := make([]Section, len(c.sections))
	for i, s := range c.sections {
		out[i] = Section{Name: s.Name, Permissions: slices.Clone(s.Permissions)}
	}
	return out
}

// Permissions returns every permission that exists.
func (c *Catalog) Permissions() PermissionSet { return c.all }

// Delegable returns the permissions that a role other than Owner may contain:
// all but the OwnerOnly ones.
func (c *Catalog) Delegable() PermissionSet { return c.all.Minus(c.ownerOnly) }

// Info returns what was declared of p, and whether it was.
func (c *Catalog) Info(p Permission) (PermissionInfo, bool) {
	info, ok := c.info[p]
	return info, ok
}

// unknown is the error for a permission that is not in the catalogue.
func (c *Catalog) unknown(p Permission) error {
	if problem := naming.Permission(string(p)); problem != "" {
		return &InvalidError{"permission", problem}
	}
	return &InvalidError{"permission", `"` + string(p) + `" is not in the catalogue`}
}

// fingerprint identifies the catalogue and prebuilt sets that a decision was
// judged under (S27), so that a replay knows which rules were in force.
func fingerprint(c *Catalog, prebuilt []Prebuilt) string {
	h := sha256.New()
	for p := range c.all.All() {
		fmt.Fprintf(h, "p %s %t\n", p, c.info[p].OwnerOnly)
	}
	for _, r := range prebuilt {
		fmt.Fprintf(h, "r %s %q %s\n", r.ID, r.Name, r.Permissions)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
