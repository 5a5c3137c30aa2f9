package observe_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/observe"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// A host counts everything and logs what is out of the ordinary.
func Example() {
	ctx := context.Background()
	catalog, err := rbac.NewCatalog(rbac.Section{Name: "Orders", Permissions: []rbac.PermissionInfo{{ID: "orders.view"}}})
	if err != nil {
		panic(err)
	}
	var counters observe.Counters // expvar.Publish("rbac", &counters)
	authority, err := rbac.New(memory.New(), catalog, &rbac.Options{
		Observe: observe.Join(counters.Observe, observe.Log(slog.New(slog.NewTextHandler(os.Stdout, nil)))),
	})
	if err != nil {
		panic(err)
	}
	if _, err := authority.Bootstrap(ctx, rbac.System("setup"), "olivia"); err != nil {
		panic(err)
	}
	for _, user := range []string{"olivia", "carl", "olivia"} {
		if _, err := authority.Can(ctx, rbac.As(user), "orders.view"); err != nil {
			panic(err)
		}
	}
	t := counters.Totals()
	fmt.Printf("%d checks, %d denied, %d without an answer; %d change\n", t.Checks, t.Denials, t.CheckErrors, t.Changes.Count)
	// Output: 3 checks, 1 denied, 0 without an answer; 1 change
}
