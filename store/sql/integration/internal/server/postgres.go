package server

import (
	"path/filepath"
	"syscall"
)

// PostgreSQL has a user postgres, without a password. Its connections are of
// pgx and pq alike.
var PostgreSQL = Kind{
	Name:    "PostgreSQL",
	Program: "postgres",
	where:   []string{"/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin"},
	account: "postgres",
	ready:   "ready to accept connections",
	// What pg_ctl stop -m immediate sends. SIGKILL would leave the processes
	// of the connections behind, and with them the memory that they share.
	crash: "QUIT",
	plan:  planPostgres,
}

func planPostgres(postgres, dir string, as *syscall.SysProcAttr) (plan, error) {
	initdb, data := filepath.Join(filepath.Dir(postgres), "initdb"), filepath.Join(dir, "data")
	// A linguistic collation where there is one, for the tables not to use.
	err := prepare(dir, as, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	return plan{
		dsn: "host=" + dir + " user=postgres dbname=postgres sslmode=disable",
		argv: []string{
			postgres, "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + dir, "-c", "max_connections=200",
		},
	}, err
}
