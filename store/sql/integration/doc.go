// Package integration tests package sqlstore on real databases. It has no
// code of its own: it is a module apart so that nobody who uses the library
// gets the drivers with it. The command contention in it measures.
//
// SQLite is always tested. For PostgreSQL and MariaDB the tests start servers
// of their own, from the programs they find installed, in a directory that is
// removed afterwards, listening on a socket in it. RBAC_TEST_POSTGRES_DSN and
// RBAC_TEST_MYSQL_DSN name servers to use instead; the user must be allowed to
// create schemas, or databases. TestServerCrash stops servers, which are always
// its own. What is not there is skipped, or fails if RBAC_TEST_DATABASES is
// "require".
package integration
