package rbachttp_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	difference "github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
)

// read puts a question to both worlds.
func (w *twins) read() {
	user, actor := w.actor()
	r, s, p := w.role(), w.subject(), choose(w, view, manage, purge, rbac.RolesView, "billing.unknown")
	group, someone := w.group(), choose(w, "olivia", "mona", "carl", "u0", "u1")
	ctx, q, b := context.Background(), rbac.PageQuery{Limit: 500}, w.direct
	subject := "subject=" + escape(s.String()) + "&limit=500"
	question := choose(w,
		twinRead{"/me", func() (any, error) { return b.Resolve(ctx, actor) }},
		twinRead{"/permissions?user=" + someone, func() (any, error) {
			set, err := b.Permissions(ctx, actor, someone)
			return map[string]any{"user": someone, "permissions": set}, err
		}},
		twinRead{"/who-can?limit=500&permission=" + string(p), func() (any, error) { return b.WhoCan(ctx, actor, p, q) }},
		twinRead{"/explain?subject=" + escape(s.String()) + "&permission=" + string(p), func() (any, error) { return b.Explain(ctx, actor, s, p) }},
		twinRead{"/roles?limit=500", func() (any, error) { return b.Roles(ctx, actor, q) }},
		twinRead{"/new-role", func() (any, error) { return b.NewRoleView(ctx, actor) }},
		twinRead{"/roles/" + string(r.web), func() (any, error) { return b.Role(ctx, actor, r.direct) }},
		twinRead{"/roles/" + string(r.web) + "/view", func() (any, error) { return b.RoleView(ctx, actor, r.direct) }},
		twinRead{"/roles/" + string(r.web) + "/holders?limit=500", func() (any, error) { return b.Holders(ctx, actor, r.direct, q) }},
		twinRead{"/assignments?" + subject, func() (any, error) { return b.Assignments(ctx, actor, s, q) }},
		twinRead{"/assignable?" + subject, func() (any, error) { return b.AssignableRoles(ctx, actor, s, q) }},
		twinRead{"/memberships?" + subject, func() (any, error) { return b.Memberships(ctx, actor, s, q) }},
		twinRead{"/groups?limit=500", func() (any, error) { return b.Groups(ctx, actor, q) }},
		twinRead{"/members?limit=500&group=" + escape(group), func() (any, error) { return b.Members(ctx, actor, group, q) }},
		twinRead{"/review?days=30", func() (any, error) { return b.Review(ctx, actor, rbac.ReviewQuery{}) }},
		twinRead{"/history?limit=5", func() (any, error) { return b.History(ctx, actor, rbac.PageQuery{Limit: 5}) }},
	)
	rec := w.client.do(user, "GET", question.target, "")
	want, err := any(nil), error(rbac.ErrDenied)
	if user != "" {
		want, err = question.ask()
	}
	w.same(question.target, rec.Code, rec.Body.Bytes(), user, err, true)
	if rec.Code != 200 {
		return
	}
	if p, ok := want.(rbac.Principal); ok {
		want = map[string]any{"user": p.Actor().UserID(), "owner": p.IsOwner(), "permissions": p.Permissions()}
	}
	if diff := difference.Diff(w.plain(marshal(want)), w.plain(rec.Body.String())); diff != "" {
		w.t.Fatalf("%s by %s (-Authority +API)\n%s", question.target, user, diff)
	}
}

type twinRead struct {
	target string
	ask    func() (any, error)
}

// plain decodes JSON and takes out what differs by chance: ids that were drawn,
// what is derived from them, and the order by them.
func (w *twins) plain(text string) any {
	text = roleID.ReplaceAllStringFunc(text, func(id string) string { return cmp.Or(w.ids[id], id) })
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		w.t.Fatal(errors.Join(err, errors.New(text)))
	}
	return plain(v)
}

var roleID = regexp.MustCompile(`role_[a-z0-9]+`)

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "token")
		delete(v, "next")
		for name, member := range v {
			v[name] = plain(member)
		}
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = marshal(plain(item))
		}
		slices.Sort(texts)
		return texts
	}
	return v
}
