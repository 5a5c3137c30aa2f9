package observe_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed80bc5f17/rbac"
	"github.com/seed80bc5f17/rbac/observe"
)

// logger writes lines without their time.
func logger(level slog.Level) (*slog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	return slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})), &out
}

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

func TestLog(t *testing.T) {
	t.Parallel()
	cancelled := rbac.Observation{Event: rbac.ObservedChange, Tenant: "acme", Count: 1, Err: fmt.Errorf("asked: %w", context.Canceled)}
	debug := []string{
		`level=DEBUG msg="rbac: load" tenant=acme took=3ms count=7`,
		`level=WARN msg="rbac: load" tenant=acme took=5ms count=0 error=down`,
		`level=DEBUG msg="rbac: load" tenant=acme took=4ms count=1`,
		`level=DEBUG msg="rbac: poll" took=1ms count=20`,
		`level=DEBUG msg="rbac: evict" tenant=acme count=4096`,
		`level=DEBUG msg="rbac: change" tenant=acme took=2ms count=3`,
		`level=INFO msg="rbac: conflict" tenant=acme count=3`,
		`level=WARN msg="rbac: retry" tenant=acme error=down`,
		`level=WARN msg="rbac: retry" error=down`,
		`level=DEBUG msg="rbac: of a later version" count=1`,
		`level=DEBUG msg="rbac: change" tenant=acme took=0s count=1 error="asked: context canceled"`,
	}
	tests := []struct {
		name  string
		level slog.Level
		want  []string
	}{
		{"debug", slog.LevelDebug, debug},
		{"info", slog.LevelInfo, []string{debug[1], debug[6], debug[7], debug[8]}},
		{"warn", slog.LevelWarn, []string{debug[1], debug[7], debug[8]}},
		{"error", slog.LevelError, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, out := logger(tt.level)
			f := observe.Log(l)
			for _, o := range everything {
				f(o)
			}
			f(cancelled)
			if diff := cmp.Diff(tt.want, lines(out.String())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLogChecks(t *testing.T) {
	t.Parallel()
	l, out := logger(slog.LevelInfo)
	for _, f := range []func(rbac.Observation){observe.LogChecks(l, slog.LevelInfo), observe.LogChecks(l, slog.LevelDebug)} {
		for _, o := range everything {
			f(o)
		}
	}
	want := []string{
		`level=INFO msg="rbac: check" tenant=acme actor=carl permission=app.x allowed=true hit=true`,
		`level=INFO msg="rbac: check" tenant=acme actor=carl permission=app.y allowed=false hit=true`,
		`level=INFO msg="rbac: check" tenant=acme actor=carl permission=app.x allowed=true hit=false`,
		`level=INFO msg="rbac: check" tenant=acme actor=carl permission=app.x hit=false error=down`,
		`level=INFO msg="rbac: check" tenant=acme actor=carl hit=true`,
	}
	if diff := cmp.Diff(want, lines(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLog_Allocs(t *testing.T) {
	l, _ := logger(slog.LevelError)
	f := observe.Join(observe.Log(l), observe.LogChecks(l, slog.LevelDebug))
	if n := testing.AllocsPerRun(100, func() {
		for _, o := range everything {
			f(o)
		}
	}); n > 0 {
		t.Errorf("%v allocations for what is not logged", n)
	}
}
