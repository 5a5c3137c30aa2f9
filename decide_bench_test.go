package rbac

import (
	"fmt"
	"testing"

	"github.com/seed80bc5f17/rbac/store"
)

// BenchmarkDecide judges on a tenant of 100 roles and 1,000 users, wholly in
// memory.
func BenchmarkDecide(b *testing.B) {
	var infos []PermissionInfo
	var all []Permission
	for i := range 40 {
		id := Permission(fmt.Sprintf("host.action%d", i))
		infos, all = append(infos, PermissionInfo{ID: id}), append(all, id)
	}
	c, err := NewCatalog(Section{Name: "Host", Permissions: infos})
	if err != nil {
		b.Fatal(err)
	}
	r, err := newRuleset(c, nil)
	if err != nil {
		b.Fatal(err)
	}
	s := emptyTenant()
	give := func(user string, role RoleID) {
		sub := User(user).record()
		s.putRow(sub, role, &store.Assignment{Subject: sub, Role: string(role)})
	}
	var roles []RoleID
	for i := range 100 {
		id := RoleID(fmt.Sprintf("role_%d", i))
		rec := newRoleRecord(&store.Role{ID: string(id), Name: fmt.Sprintf("Role %d", i), Status: "active", Permissions: Set(all[i%20 : i%20+10]...).strings(), Version: 1})
		s.putRole(id, rec)
		roles = append(roles, id)
	}
	for i := range 1000 {
		give(fmt.Sprintf("user%d", i), roles[i%100])
	}
	for i := range 10 {
		give(fmt.Sprintf("admin%d", i), AdminRole)
	}
	ann := As("admin0")
	for name, op := range map[string]Op{
		"grant":    Grant(roles[0], all[39]),
		"revoke":   Revoke(roles[0], all[0]), // looks at everybody who may edit roles
		"assign":   Assign(NewAssignment{Subject: User("carl"), Role: roles[0]}),
		"unassign": Unassign(User("user0"), roles[0]),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decide(r, s, s, ann, op, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
