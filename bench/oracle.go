package main

import "slices"

// The oracle answers from the generated data by comparing strings in loops, in
// the most obvious way there is. It shares nothing with any participant.

// allowed reports whether a user of a tenant has a permission.
func (d *data) allowed(t int, u user, permission string) bool {
	for _, r := range u.roles() {
		if slices.Contains(d.tenants[t].roles[r].permissions, permission) {
			return true
		}
	}
	return false
}

// covered reports whether a user has every permission of a role.
func (d *data) covered(t int, u user, r int) bool {
	for _, p := range d.tenants[t].roles[r].permissions {
		if !d.allowed(t, u, p) {
			return false
		}
	}
	return true
}

// onlyBy reports whether a user has a permission by their first role and by no
// other.
func (d *data) onlyBy(t int, u user, permission string) bool {
	return d.allowed(t, user{first: u.first, second: -1}, permission) &&
		(u.second < 0 || !d.allowed(t, user{first: u.second, second: -1}, permission))
}
