package integration

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// server is a database server, started by the first test that needs it.
type server struct {
	name  string
	env   string // names a server to use instead
	start func() (dsn string, stop func(), err error)

	once sync.Once
	dsn  string
	stop func()
	err  error
}

// errAbsent says that a server is not installed.
var errAbsent = errors.New("not installed")

// require returns the server's DSN, or skips the test.
func (s *server) require(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() {
		if s.dsn = os.Getenv(s.env); s.dsn == "" {
			s.dsn, s.stop, s.err = s.start()
		}
	})
	switch {
	case s.err == nil:
	case errors.Is(s.err, errAbsent) && os.Getenv("RBAC_TEST_DATABASES") != "require":
		tb.Skipf("NOT TESTED on %s: %v (set %s, or install it)", s.name, s.err, s.env)
	default:
		tb.Fatalf("%s: %v", s.name, s.err)
	}
	return s.dsn
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range []*server{postgresServer, mariadbServer} {
		if s.stop != nil {
			s.stop()
		}
	}
	os.Exit(code)
}

// program returns the path of the last, which is the newest, that there is.
func program(name string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		if paths, _ := filepath.Glob(filepath.Join(pattern, name)); len(paths) > 0 {
			slices.Sort(paths)
			return paths[len(paths)-1], nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, errAbsent)
}

// home returns a new directory for a server, and the one that may use it:
// database servers refuse to be run by root.
func home(preferred string) (string, *syscall.SysProcAttr, error) {
	dir, err := os.MkdirTemp("", "rbac-db-")
	if err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	account, err := user.Lookup(preferred)
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return dir, nil, err
		}
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return dir, nil, err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return dir, nil, err
	}
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir, &syscall.SysProcAttr{Credential: credential}, os.Chown(dir, uid, gid)
}

// prepare runs a program to its end.
func prepare(dir string, as *syscall.SysProcAttr, argv ...string) error {
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir, c.SysProcAttr = dir, as
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, out)
	}
	return nil
}

// supervisor runs a server until its own input ends, as it does when the tests
// end, in whatever way, and then leaves nothing behind. SIGQUIT is what both
// kinds of server take as: stop now, and tidy up.
const supervisor = `dir=$1; shift
"$@" 2>&1 &
cat >/dev/null
kill -QUIT $!
wait
rm -rf "$dir"`

// supervise starts a server and returns when it has said that it is ready.
func supervise(dir string, as *syscall.SysProcAttr, ready string, argv ...string) (stop func(), err error) {
	c := exec.Command("sh", append([]string{"-c", supervisor, "sh", dir}, argv...)...)
	c.Dir, c.SysProcAttr = dir, as
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = c.Wait()
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), ready) {
			go io.Copy(io.Discard, out) // ends with the server
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("%s ended:\n%s", argv[0], said.String())
}
