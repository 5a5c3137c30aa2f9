package otel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/examples/frameworks/notes"
	"github.com/seed80bc5f17/rbac/examples/frameworks/otel"
	"github.com/seed80bc5f17/rbac/store"
	"github.com/seed80bc5f17/rbac/store/memory"
)

// clumsy is a store whose commits go wrong when told to.
type clumsy struct {
	store.Store
	next error
}

func (s *clumsy) Commit(ctx context.Context, tenant string, expect store.Head, cs []store.Commit) error {
	if err := s.next; err != nil {
		s.next = nil
		return err
	}
	return s.Store.Commit(ctx, tenant, expect, cs)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	observe, err := otel.Metrics(metric.NewMeterProvider(metric.WithReader(reader)).Meter("rbac"))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := notes.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	s := &clumsy{Store: memory.New()}
	a, err := rbac.New(s, catalog, &rbac.Options{Observe: observe})
	if err != nil {
		t.Fatal(err)
	}
	for i, failure := range []error{nil, store.ErrConflict, store.ErrTransient, errors.New("down")} {
		s.next = failure
		_, err := a.Assign(t.Context(), rbac.System("test"), rbac.NewAssignment{Subject: rbac.User(fmt.Sprint("u", i)), Role: rbac.OwnerRole})
		if (err != nil) != (i == 3) {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	for _, user := range []string{"u0", "carl", "u0"} {
		if _, err := a.Can(t.Context(), rbac.As(user), notes.View); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Resolve(t.Context(), rbac.As("carl")); err != nil {
		t.Fatal(err)
	}
	got := collect(t, reader)
	want := map[string]int64{
		"rbac.checks answer=allowed,hit=true":           2,
		"rbac.checks answer=denied,hit=true":            1,
		"rbac.checks answer=resolved,hit=true":          1,
		"rbac.conflicts ":                               1,
		"rbac.retries ":                                 1,
		"rbac.store.duration event=change,failed=false": 3,
		"rbac.store.duration event=change,failed=true":  1,
		"rbac.store.duration event=load,failed=false":   1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// collect returns the value of each series, which of a histogram is the number
// of its measurements.
func collect(t *testing.T, reader metric.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]int64{}
	name := func(m metricdata.Metrics, set attribute.Set) string {
		return m.Name + " " + set.Encoded(attribute.DefaultEncoder())
	}
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				values[name(m, p.Attributes)] = p.Value
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				values[name(m, p.Attributes)] = int64(p.Count)
			}
		default:
			t.Fatalf("%s is a %T", m.Name, data)
		}
	}
	return values
}
