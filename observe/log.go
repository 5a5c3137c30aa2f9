package observe

import (
	"context"
	"errors"
	"log/slog"

	"github.com/seed80bc5f17/rbac"
)

// Log returns a function for [rbac.Options].Observe that logs everything but
// checks: at level Debug what goes well, at Info conflicts, and at Warn retries
// and errors, except that a context was cancelled, which is Debug. What
// a level that is not enabled would get costs next to nothing. While a store is
// down, expect a few lines for each request that needs it.
//
// The attributes are "tenant", "took", "count" and "error".
func Log(l *slog.Logger) func(rbac.Observation) {
	return func(o rbac.Observation) {
		if o.Event == rbac.ObservedCheck {
			return
		}
		level := levelOf(&o)
		if !l.Enabled(context.Background(), level) {
			return
		}
		attrs := make([]slog.Attr, 0, 4)
		if o.Tenant != "" {
			attrs = append(attrs, slog.String("tenant", o.Tenant))
		}
		if timed(o.Event) {
			attrs = append(attrs, slog.Duration("took", o.Took))
		}
		if o.Event != rbac.ObservedRetry {
			attrs = append(attrs, slog.Int("count", o.Count))
		}
		attrs = appendError(attrs, o.Err)
		l.LogAttrs(context.Background(), level, "rbac: "+string(o.Event), attrs...)
	}
}

func timed(event rbac.Observed) bool {
	return event == rbac.ObservedLoad || event == rbac.ObservedPoll || event == rbac.ObservedChange
}

func levelOf(o *rbac.Observation) slog.Level {
	switch {
	case errors.Is(o.Err, context.Canceled):
		return slog.LevelDebug
	case o.Err != nil, o.Event == rbac.ObservedRetry:
		return slog.LevelWarn
	case o.Event == rbac.ObservedConflict:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// LogChecks returns a function that logs checks and nothing else, at the given
// level: who asked about what, and the answer. It names people, is called for
// every request, and belongs behind [Sample] or into a development set-up:
//
//	observe.Join(observe.Log(l), observe.Sample(1000, observe.LogChecks(l, slog.LevelDebug)))
//
// The attributes are "tenant", "actor", "permission" (none for Resolve),
// "allowed" (none without an answer, nor for Resolve), "hit" and "error".
func LogChecks(l *slog.Logger, level slog.Level) func(rbac.Observation) {
	return func(o rbac.Observation) {
		if o.Event != rbac.ObservedCheck || !l.Enabled(context.Background(), level) {
			return
		}
		attrs := make([]slog.Attr, 0, 6)
		attrs = append(attrs, slog.String("tenant", o.Tenant), slog.String("actor", o.Actor))
		if o.Permission != "" {
			attrs = append(attrs, slog.String("permission", string(o.Permission)))
			if o.Err == nil {
				attrs = append(attrs, slog.Bool("allowed", o.Allowed))
			}
		}
		attrs = appendError(append(attrs, slog.Bool("hit", o.Hit)), o.Err)
		l.LogAttrs(context.Background(), level, "rbac: check", attrs...)
	}
}

func appendError(attrs []slog.Attr, err error) []slog.Attr {
	if err == nil {
		return attrs
	}
	return append(attrs, slog.Any("error", err))
}
