package integration

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// order is what a process of its own, which is this very program, is to do.
type order struct {
	Job     string // a key of jobs
	Name    string
	Driver  string
	DSN     string
	Dialect sqlstore.Dialect
	Options *sqlstoreOptions
	Tenant  string
}

// sqlstoreOptions is the part of the options that fits into JSON.
type sqlstoreOptions struct{ Schema string }

const orderVariable = "RBAC_TEST_ORDER"

var jobs = map[string]func(context.Context, order, *rbac.Authority) error{
	"write": write,
	"serve": serve,
	"watch": watch,
}

func init() {
	text := os.Getenv(orderVariable)
	if text == "" {
		return
	}
	if err := obey(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func obey(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	s, err := o.store()
	if err != nil {
		return err
	}
	staleness := time.Duration(0) // the default
	if o.Name == cached {
		staleness = time.Hour
	}
	a, err := newAuthorityOf(s, o.Tenant, rbac.Options{MaxStaleness: staleness})
	if err != nil {
		return err
	}
	return jobs[o.Job](context.Background(), o, a)
}

// store returns the store that the order is about, on a pool of its own.
func (o order) store() (*sqlstore.Store, error) {
	db, err := sql.Open(o.Driver, o.DSN)
	if err != nil {
		return nil, err
	}
	opts := &sqlstore.Options{}
	if o.Options != nil {
		opts.Schema = o.Options.Schema
	}
	return sqlstore.New(db, o.Dialect, opts)
}

// process is another process, and the ends of its pipes.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	errors *strings.Builder
}

// spawn starts a process that works on a tenant. It ends with the test.
func (d database) spawn(t *testing.T, at place, opts *sqlstore.Options, job, name, tenant string) *process {
	t.Helper()
	kind, driver, _ := strings.Cut(d.name, "/")
	switch kind {
	case "mariadb":
		driver = "mysql"
	case "sqlite", "sqlite3":
		driver = kind
	}
	o := order{Job: job, Name: name, Driver: driver, DSN: at.dsn, Dialect: d.dialect, Tenant: tenant}
	if opts != nil {
		o.Options = &sqlstoreOptions{opts.Schema}
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0]), errors: new(strings.Builder)}
	p.Env = append(os.Environ(), orderVariable+"="+string(text))
	p.Stderr = p.errors
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if p.out, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}
