package pgnotify_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
	"github.com/seed80bc5f17/rbac/store/sql/pgnotify"
)

// What the triggers do on a server is tested in store/sql/integration.

func TestSQL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		opts *sqlstore.Options
		want []string
		err  string
	}{
		{"default", nil, []string{"rbac_notify()", "TRIGGER rbac_notify_insert AFTER INSERT ON rbac_tenant\n", "TRIGGER rbac_notify_update AFTER UPDATE ON rbac_tenant\n"}, ""},
		{"prefix", &sqlstore.Options{Prefix: "app_"}, []string{"app_notify()", "TRIGGER app_notify_insert AFTER INSERT ON app_tenant\n"}, ""},
		{"schema", &sqlstore.Options{Schema: "auth"}, []string{`"auth".rbac_notify()`, "TRIGGER rbac_notify_insert AFTER INSERT ON \"auth\".rbac_tenant\n"}, ""},
		{"bad prefix", &sqlstore.Options{Prefix: "x;"}, nil, "prefix"},
		{"bad schema", &sqlstore.Options{Schema: `a"b`}, nil, "schema"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := pgnotify.SQL(tt.opts)
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v, want one about %q", err, tt.err)
			}
			if strings.ContainsAny(got, "?{}") {
				t.Errorf("not filled in:\n%s", got)
			}
			for _, part := range tt.want {
				if !strings.Contains(got, part) {
					t.Errorf("%q is missing in:\n%s", part, got)
				}
			}
		})
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	connect := func(context.Context) (*pgx.Conn, error) { return nil, context.Canceled }
	s := new(sqlstore.Store)
	tests := []struct {
		name    string
		store   *sqlstore.Store
		connect func(context.Context) (*pgx.Conn, error)
		opts    *pgnotify.Options
	}{
		{"no store", nil, connect, nil},
		{"no connect", s, nil, nil},
		{"heartbeat", s, connect, &pgnotify.Options{Heartbeat: -1}},
		{"prefix", s, connect, &pgnotify.Options{Tables: &sqlstore.Options{Prefix: "x;"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if n, err := pgnotify.New(tt.store, tt.connect, tt.opts); err == nil || n != nil {
				t.Errorf("New: %v, %v", n, err)
			}
		})
	}
}
