package main

import "github.com/seed80bc5f17/rbac"

// The permissions of a help desk. An application declares them once, where it
// is put together, and checks them by these very names.
var sections = []rbac.Section{
	{Name: "Tickets", Permissions: []rbac.PermissionInfo{
		{ID: "tickets.view", Label: "View tickets", Description: "Read every ticket of the workspace"},
		{ID: "tickets.create", Label: "Open tickets", Description: "Open a ticket on behalf of a customer"},
		{ID: "tickets.reply", Label: "Reply", Description: "Answer customers"},
		{ID: "tickets.note", Label: "Write notes", Description: "Leave notes that customers do not see"},
		{ID: "tickets.assign", Label: "Assign tickets", Description: "Hand a ticket to an agent"},
		{ID: "tickets.close", Label: "Close tickets", Description: "Mark a ticket as solved, or open it again"},
		{ID: "tickets.delete", Label: "Delete tickets", Description: "Remove a ticket for good"},
	}},
	{Name: "Customers", Permissions: []rbac.PermissionInfo{
		{ID: "customers.view", Label: "View customers", Description: "See names, addresses and past tickets"},
		{ID: "customers.edit", Label: "Edit customers", Description: "Change contact details"},
		{ID: "customers.merge", Label: "Merge customers", Description: "Join two records of one person"},
		{ID: "customers.export", Label: "Export customers", Description: "Download all contact details"},
		{ID: "customers.erase", Label: "Erase customers", Description: "Fulfil a request to be forgotten"},
	}},
	{Name: "Help centre", Permissions: []rbac.PermissionInfo{
		{ID: "articles.view", Label: "View drafts", Description: "Read articles before they are published"},
		{ID: "articles.write", Label: "Write articles", Description: "Draft and change articles"},
		{ID: "articles.publish", Label: "Publish articles", Description: "Put an article on the public site"},
		{ID: "articles.delete", Label: "Delete articles", Description: "Take an article away"},
	}},
	{Name: "Reports", Permissions: []rbac.PermissionInfo{
		{ID: "reports.view", Label: "View reports", Description: "See response times and satisfaction"},
		{ID: "reports.build", Label: "Build reports", Description: "Make and change reports"},
		{ID: "reports.share", Label: "Share reports", Description: "Send a report to people outside"},
	}},
	{Name: "Billing", Permissions: []rbac.PermissionInfo{
		{ID: "billing.view", Label: "View invoices", Description: "See the plan and its invoices"},
		{ID: "billing.pay", Label: "Manage payment", Description: "Change the card and the address on invoices"},
		{ID: "billing.plan", Label: "Change the plan", Description: "Add seats, upgrade and downgrade"},
		{ID: "billing.cancel", Label: "Cancel", Description: "End the subscription", OwnerOnly: true},
	}},
	{Name: "Workspace", Permissions: []rbac.PermissionInfo{
		{ID: "workspace.brand", Label: "Branding", Description: "Change logo, colours and sender address"},
		{ID: "workspace.hours", Label: "Business hours", Description: "Set working days and response targets"},
		{ID: "workspace.invite", Label: "Invite people", Description: "Let somebody into the workspace"},
		{ID: "workspace.domain", Label: "Own domain", Description: "Serve the help centre from another domain"},
		{ID: "workspace.delete", Label: "Delete the workspace", Description: "Remove everything, for good", OwnerOnly: true},
	}},
	{Name: "Developers", Permissions: []rbac.PermissionInfo{
		{ID: "api.read", Label: "Read by API", Description: "Make keys that can read"},
		{ID: "api.write", Label: "Write by API", Description: "Make keys that can write"},
		{ID: "webhooks.edit", Label: "Webhooks", Description: "Send events to other programs"},
	}},
}

// prebuilt returns the roles that code gives to every workspace. Here an Admin
// has nothing to do with money; that is what the Accountant is for.
func prebuilt(c *rbac.Catalog) []rbac.Prebuilt {
	billing := rbac.Set("billing.view", "billing.pay", "billing.plan")
	return []rbac.Prebuilt{
		{ID: rbac.AdminRole, Description: "Runs the workspace, without its billing", Permissions: c.Delegable().Minus(billing)},
		{ID: rbac.UserRole, Description: "Everybody who was invited", Permissions: rbac.Set("articles.view")},
		{ID: "accountant", Description: "Pays", Permissions: billing},
	}
}

var (
	agentSet = rbac.Set("tickets.view", "tickets.create", "tickets.reply", "tickets.note", "tickets.close", "customers.view")

	// A lead runs the team of agents: has all that they have and more, some
	// of it about roles.
	leadSet = agentSet.Union(rbac.Set(
		"tickets.assign", "tickets.delete", "customers.edit", "customers.merge", "reports.view", "workspace.hours",
		rbac.RolesView, rbac.RolesCreate, rbac.RolesEdit, rbac.RolesAssign, rbac.RolesUnassign, rbac.GroupsEdit,
	))

	managerSet = leadSet.Union(rbac.Set("customers.export", "reports.build", "reports.share", rbac.RolesDelete, rbac.AuditView))
)
