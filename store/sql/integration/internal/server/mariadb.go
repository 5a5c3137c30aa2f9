package server

import (
	"path/filepath"
	"syscall"
)

// MariaDB has a user root, without a password. Its default character set is
// not what the tables need, for them to say what they do.
var MariaDB = Kind{
	Name:    "MariaDB",
	Program: "mariadbd",
	where:   []string{"/usr/sbin", "/usr/local/mysql/bin"},
	account: "mysql",
	ready:   "ready for connections",
	crash:   "KILL",
	plan:    planMariaDB,
}

func planMariaDB(mariadbd, dir string, as *syscall.SysProcAttr) (plan, error) {
	install, err := program("mariadb-install-db", "/usr/bin", "/usr/local/mysql/scripts")
	if err != nil {
		return plan{}, err
	}
	// With a directory for what is temporary, since a server that starts clears
	// it of what others may be using.
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	err = prepare(dir, as, install, "--no-defaults", "--datadir="+data, "--tmpdir="+dir, "--auth-root-authentication-method=normal", "--skip-test-db")
	return plan{
		dsn: "root@unix(" + socket + ")/",
		argv: []string{
			mariadbd, "--no-defaults", "--datadir=" + data, "--tmpdir=" + dir, "--socket=" + socket,
			"--skip-networking", "--pid-file=" + filepath.Join(dir, "pid"), "--max-connections=200",
			"--innodb-flush-log-at-trx-commit=1", "--character-set-server=latin1",
		},
	}, err
}
