package integration

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/seed80bc5f17/rbac"
)

// call is what a client has a serving process do, and its answer.
type call struct {
	Client int
	Verb   string // assign, unassign, grant, revoke, crown, resign; check
	Who    int    // index in people
	What   int    // index in powers
	Yes    bool   // it is so, or was done
	Error  string // neither
}

var (
	people = []string{"p0", "p1"}
	powers = []rbac.Permission{"app.x", "app.y"}
)

// cached is the name of a process whose checks may be an hour old. Those of the
// others are of the present.
const cached = "cached"

// serve answers calls until its input ends.
func serve(ctx context.Context, o order, a *rbac.Authority) error {
	subject, err := a.RoleNamed(ctx, host, "Subject")
	if err != nil {
		return err
	}
	if o.Name != cached {
		a = a.Fresh()
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	for in := json.NewDecoder(os.Stdin); ; {
		var c call
		if err := in.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		go func() {
			c.answer(ctx, a, subject.ID)
			mu.Lock()
			defer mu.Unlock()
			_ = out.Encode(c) // to nobody, if the test has ended
		}()
	}
}

func (c *call) answer(ctx context.Context, a *rbac.Authority, role rbac.RoleID) {
	user, power := people[c.Who], powers[c.What]
	var err error
	switch c.Verb {
	case "check":
		err = a.Check(ctx, rbac.As(user), power)
	case "assign":
		_, err = a.Apply(ctx, host, giving(user, role))
	case "unassign":
		_, err = a.Unassign(ctx, host, rbac.User(user), role)
	case "grant":
		_, err = a.Grant(ctx, host, role, power)
	case "revoke":
		_, err = a.Revoke(ctx, host, role, power)
	case "crown":
		_, err = a.Apply(ctx, host, owning("o"+user))
	case "resign":
		_, err = a.Unassign(ctx, host, rbac.User("o"+user), rbac.OwnerRole)
	}
	c.Yes = err == nil
	if err != nil && !errors.Is(err, rbac.ErrDenied) {
		c.Error = err.Error()
	}
}
