package rbachttp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed80bc5f17/rbac"
)

// Rule says which requests pass. It is an immutable value made by the functions
// of this file; the zero Rule is refused when a route is registered.
type Rule struct {
	kind        ruleKind
	permissions []rbac.Permission
	why         string // public
	hooks       []hook
	concealed   bool
}

type ruleKind uint8

const (
	public     ruleKind = iota + 1
	signedIn            // and resolved
	identified          // signed in, where an Authority is about to judge anyway
	allOf
	anyOf
)

type hook struct {
	name  string
	check func(*http.Request, rbac.Principal) error
}

// Permission returns the rule that the user has a permission.
func Permission(p rbac.Permission) Rule { return AllOf(p) }

// AllOf returns the rule that the user has all of the permissions. It panics
// if there are none.
func AllOf(permissions ...rbac.Permission) Rule {
	if len(permissions) == 0 {
		panic("rbachttp: AllOf needs a permission; SignedIn asks for none")
	}
	return Rule{kind: allOf, permissions: slices.Clone(permissions)}
}

// AnyOf returns the rule that the user has at least one of the permissions. It
// panics if there are none.
func AnyOf(permissions ...rbac.Permission) Rule {
	if len(permissions) == 0 {
		panic("rbachttp: AnyOf needs a permission")
	}
	return Rule{kind: anyOf, permissions: slices.Clone(permissions)}
}

// SignedIn returns the rule that somebody has signed in, whatever they may do.
func SignedIn() Rule { return Rule{kind: signedIn} }

// Public returns the rule that everybody passes, signed in or not. The host's
// function is called only if the handler asks who it is. It panics without a
// reason, which is for those who read [Mux.Routes].
func Public(why string) Rule {
	if strings.TrimSpace(why) == "" {
		panic("rbachttp: Public needs a reason")
	}
	return Rule{kind: public, why: why}
}

// Conceal returns the rule with every refusal, signed out included, turned into
// the 404 of a route that does not exist. What could not be found out is still
// told as such. In a [Mux] the answer is, byte for byte, what it would be if the
// route had not been registered; in another router, make its own not-found
// handler answer with [Guard.Error] and [rbac.ErrNotFound]. It panics if the
// rule is Public.
func Conceal(rule Rule) Rule {
	if rule.kind == public {
		panic("rbachttp: Conceal of a Public rule hides nothing")
	}
	rule.concealed = true
	return rule
}

// Where returns the rule with a question about the object of the request on
// top, which is asked of those who pass the rule: whether this user may see this
// invoice. An error refuses: one that matches [rbac.ErrDenied] with 403,
// [rbac.ErrNotFound] with 404, others as in [Guard.Error]. The name is for
// those who read [Mux.Routes]. It panics if check is nil, the name is empty, or
// the rule is Public.
func Where(rule Rule, name string, check func(*http.Request, rbac.Principal) error) Rule {
	switch {
	case check == nil || strings.TrimSpace(name) == "":
		panic("rbachttp: Where needs a name and a function")
	case rule.kind == public:
		panic("rbachttp: Where needs a rule that knows who asks")
	}
	rule.hooks = append(slices.Clone(rule.hooks), hook{name, check})
	return rule
}

// Permissions returns the permissions that the rule is about.
func (u Rule) Permissions() []rbac.Permission { return slices.Clone(u.permissions) }

// IsPublic reports whether everybody passes.
func (u Rule) IsPublic() bool { return u.kind == public }

// IsConcealed reports whether refusals are answered as though there were
// nothing.
func (u Rule) IsConcealed() bool { return u.concealed }

// String returns the rule for people who review routes, such as
// "concealed: all of billing.view, billing.manage; where own invoice".
func (u Rule) String() string {
	var b strings.Builder
	if u.concealed {
		b.WriteString("concealed: ")
	}
	switch {
	case u.kind == public:
		b.WriteString("public: " + u.why)
	case u.kind == signedIn || u.kind == identified:
		b.WriteString("signed in")
	case len(u.permissions) == 1:
		b.WriteString("permission " + string(u.permissions[0]))
	case u.kind == allOf:
		b.WriteString("all of " + joined(u.permissions))
	case u.kind == anyOf:
		b.WriteString("any of " + joined(u.permissions))
	default:
		b.WriteString("nothing")
	}
	for _, h := range u.hooks {
		b.WriteString("; where " + h.name)
	}
	return b.String()
}

func joined(permissions []rbac.Permission) string {
	names := make([]string, len(permissions))
	for i, p := range permissions {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// resolves reports whether a request that passed has a resolved Principal.
func (u Rule) resolves() bool { return u.kind != public && u.kind != identified }

// objection is what a hook said against somebody who passed the rule otherwise,
// so that a failure of it may be told even if the rule is concealed.
type objection struct{ error }

func (o objection) Unwrap() error { return o.error }

// judge returns nil if the request may pass. The end of the request's context
// is looked at last: nobody is there to be let in.
func (u Rule) judge(v *visit, r *http.Request) error {
	switch u.kind {
	case public:
		return nil
	case identified:
		return v.known() // the Authority looks at the context
	}
	if err := v.resolved(); err != nil {
		return err
	}
	if lacking, ok := u.lacking(v.principal); !ok {
		return denied(v.principal, lacking)
	}
	for _, h := range u.hooks {
		if err := h.check(r, v.principal); err != nil {
			return objection{err}
		}
	}
	return interrupted(r.Context())
}

// lacking returns true, or the first permission that p lacks.
func (u Rule) lacking(p rbac.Principal) (rbac.Permission, bool) {
	switch u.kind {
	case signedIn:
		return "", true
	case allOf:
		for _, name := range u.permissions {
			if !p.Can(name) {
				return name, false
			}
		}
		return "", true
	case anyOf:
		for _, name := range u.permissions {
			if p.Can(name) {
				return "", true
			}
		}
		return u.permissions[0], false
	}
	panic(fmt.Sprintf("rbachttp: rule of kind %d", u.kind))
}

func denied(p rbac.Principal, lacking rbac.Permission) error {
	return &rbac.DeniedError{Op: "check", Actor: p.Actor().String(), Permission: lacking, Reason: rbac.ReasonNotHeld}
}

// masked returns what may be told of a refusal: of a concealed one, that there
// is nothing.
func (u Rule) masked(err error) error {
	if u.concealed && hidden(err) {
		return rbac.ErrNotFound
	}
	return err
}

// hidden reports whether err is a refusal. What could not be found out is not.
func hidden(err error) bool {
	_, object := err.(objection)
	switch status := statusOf(err); status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	default:
		return object && status < http.StatusInternalServerError
	}
}
