package integration

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/seed80bc5f17/rbac/store/sql/integration/internal/server"
)

// sharedServer is a server that the tests share, started by the first that needs it.
type sharedServer struct {
	kind server.Kind
	env  string // names a server to use instead

	once sync.Once
	dsn  string
	mine *server.Server
	err  error
}

var (
	postgresServer = &sharedServer{kind: server.PostgreSQL, env: "RBAC_TEST_POSTGRES_DSN"}
	mariadbServer  = &sharedServer{kind: server.MariaDB, env: "RBAC_TEST_MYSQL_DSN"}
)

// hasty are settings under which a power cut may lose what was committed.
var hasty = map[string][]string{server.PostgreSQL.Name: {"-c", "fsync=off"}}

// require returns the server's DSN, or skips the test.
func (s *sharedServer) require(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() {
		if s.dsn = os.Getenv(s.env); s.dsn == "" {
			s.mine, s.err = begin(s.kind, hasty[s.kind.Name]...)
		}
		if s.mine != nil {
			s.dsn = s.mine.DSN
		}
	})
	need(tb, s.kind, s.err)
	return s.dsn
}

// begin starts a server, within a time that is not short.
func begin(k server.Kind, arguments ...string) (*server.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	return k.Start(ctx, arguments...)
}

// need skips the test if err says that the server is not installed.
func need(tb testing.TB, k server.Kind, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, server.ErrAbsent) && os.Getenv("RBAC_TEST_DATABASES") != "require":
		tb.Skipf("NOT TESTED on %s: %v", k.Name, err)
	default:
		tb.Fatalf("%s: %v", k.Name, err)
	}
}

func TestMain(m *testing.M) {
	// It speaks of each connection that is lost, and tests lose hundreds.
	_ = mysql.SetLogger(log.New(io.Discard, "", 0))
	code := m.Run()
	for _, s := range []*sharedServer{postgresServer, mariadbServer} {
		if s.mine != nil {
			s.mine.Stop()
		}
	}
	os.Exit(code)
}
