package integration

import "path/filepath"

var mariadbServer = &server{name: "MariaDB", env: "RBAC_TEST_MYSQL_DSN", start: startMariaDB}

func startMariaDB() (string, func(), error) {
	mariadbd, err := program("mariadbd", "/usr/sbin", "/usr/local/mysql/bin")
	if err != nil {
		return "", nil, err
	}
	install, err := program("mariadb-install-db", "/usr/bin", "/usr/local/mysql/scripts")
	if err != nil {
		return "", nil, err
	}
	dir, as, err := home("mysql")
	if err != nil {
		return "", nil, err
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	if err := prepare(dir, as, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return "", nil, err
	}
	stop, err := supervise(dir, as, "ready for connections", mariadbd, "--no-defaults", "--datadir="+data,
		"--socket="+socket, "--skip-networking", "--pid-file="+filepath.Join(dir, "pid"), "--max-connections=200",
		"--innodb-flush-log-at-trx-commit=1", "--character-set-server=latin1")
	return "root@unix(" + socket + ")/", stop, err
}
