package integration

import (
	"path/filepath"
)

var postgresServer = &server{name: "PostgreSQL", env: "RBAC_TEST_POSTGRES_DSN", start: startPostgres}

func startPostgres() (string, func(), error) {
	const debian = "/usr/lib/postgresql/*/bin"
	postgres, err := program("postgres", debian, "/usr/local/pgsql/bin")
	if err != nil {
		return "", nil, err
	}
	dir, as, err := home("postgres")
	if err != nil {
		return "", nil, err
	}
	initdb, data := filepath.Join(filepath.Dir(postgres), "initdb"), filepath.Join(dir, "data")
	// A linguistic collation where there is one, for the tables not to use.
	if err := prepare(dir, as, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return "", nil, err
	}
	stop, err := supervise(dir, as, "ready to accept connections", postgres, "-D", data,
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+dir, "-c", "fsync=off", "-c", "max_connections=200")
	return "host=" + dir + " user=postgres dbname=postgres sslmode=disable", stop, err
}
