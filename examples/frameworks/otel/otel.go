// Package otel feeds OpenTelemetry metrics from what an Authority tells its
// host: checks, how long the store takes, conflicts and retries.
package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/seed80bc5f17/rbac"
)

// Metrics returns a function for rbac.Options.Observe:
//
//	rbac.checks          answers, by "answer" (allowed, denied, error, or resolved for a Principal) and "hit"
//	rbac.store.duration  seconds that loads, polls and changes take, by "event" and "failed"
//	rbac.evicted         bytes
//	rbac.conflicts       changes that are judged again
//	rbac.retries         calls of the store that are repeated
//
// Tenants and users are no attributes: a series for each would cost more than
// all the rest.
func Metrics(meter metric.Meter) (func(rbac.Observation), error) {
	var failures []error
	counter := func(name, unit, text string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(text))
		failures = append(failures, err)
		return c
	}
	checks := counter("rbac.checks", "{check}", "Answers of Check, Can and Resolve")
	evicted := counter("rbac.evicted", "By", "Memory that was given back")
	conflicts := counter("rbac.conflicts", "{change}", "Changes that are judged again since somebody else was first")
	retries := counter("rbac.retries", "{call}", "Calls of the store that are repeated")
	duration, err := meter.Float64Histogram("rbac.store.duration", metric.WithUnit("s"),
		metric.WithDescription("Time that loads, polls and changes take"),
		metric.WithExplicitBucketBoundaries(.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5))
	if err := errors.Join(append(failures, err)...); err != nil {
		return nil, err
	}
	answers := prepare() // checks are many: what they need is made beforehand
	return func(o rbac.Observation) {
		ctx := context.Background()
		switch o.Event {
		case rbac.ObservedCheck:
			checks.Add(ctx, 1, answers[answer{kind(&o), o.Hit}]...)
		case rbac.ObservedLoad, rbac.ObservedPoll, rbac.ObservedChange:
			duration.Record(ctx, o.Took.Seconds(), metric.WithAttributes(
				attribute.String("event", string(o.Event)), attribute.Bool("failed", o.Err != nil)))
		case rbac.ObservedEvict:
			evicted.Add(ctx, int64(o.Count))
		case rbac.ObservedConflict:
			conflicts.Add(ctx, int64(o.Count))
		case rbac.ObservedRetry:
			retries.Add(ctx, 1)
		}
	}, nil
}

type answer struct {
	kind string
	hit  bool
}

func kind(o *rbac.Observation) string {
	switch {
	case o.Err != nil:
		return "error"
	case o.Permission == "":
		return "resolved"
	case o.Allowed:
		return "allowed"
	}
	return "denied"
}

func prepare() map[answer][]metric.AddOption {
	all := map[answer][]metric.AddOption{}
	for _, kind := range []string{"allowed", "denied", "error", "resolved"} {
		for _, hit := range []bool{true, false} {
			set := attribute.NewSet(attribute.String("answer", kind), attribute.Bool("hit", hit))
			all[answer{kind, hit}] = []metric.AddOption{metric.WithAttributeSet(set)}
		}
	}
	return all
}
