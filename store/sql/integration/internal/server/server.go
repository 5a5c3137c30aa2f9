// Package server starts throw-away database servers from the programs that it
// finds installed. They listen on a socket in a directory of their own, which
// goes with them when they stop or when the process that started them ends, in
// whatever way.
package server

import (
	"bufio"
	"context"
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
)

// ErrAbsent says that a server is not installed.
var ErrAbsent = errors.New("not installed")

// Kind is a server that can be started.
type Kind struct {
	Name    string
	Program string   // that is the server
	where   []string // it may be, beside the path
	account string   // that runs it, if root would
	ready   string   // what it says when it is
	crash   string   // the signal that stops all of it at once, mending nothing
	plan    func(program, dir string, as *syscall.SysProcAttr) (plan, error)
}

// plan is how to run a server in a directory.
type plan struct {
	dsn  string
	argv []string
}

// Server is a running server.
type Server struct {
	DSN  string
	Name string

	crash string
	in    io.WriteCloser
	cmd   *exec.Cmd
	ready chan struct{} // once for each start; closed when there is no more output

	mu   sync.Mutex
	said []string // the last lines
}

// supervisor runs a server until its own input ends, as it does when the
// process that started it ends, or until a signal, such as a terminal sends to
// all, interrupts it, and then leaves nothing behind; SIGQUIT is what both kinds
// of server take as: stop now, and tidy up. A line of input is a
// signal that ends the server, and the next one starts it again.
const supervisor = `dir=$1; shift
trap : HUP INT TERM
"$@" 2>&1 &
while read -r signal; do
	kill -"$signal" $!
	wait
	read -r again || break
	"$@" 2>&1 &
done
kill -QUIT $! 2>/dev/null
wait
rm -rf "$dir"`

// Start starts a server with its safe settings, except for what further
// arguments of its command line say. It is ErrAbsent if it is not installed.
func (k Kind) Start(ctx context.Context, arguments ...string) (*Server, error) {
	path, err := program(k.Program, k.where...)
	if err != nil {
		return nil, err
	}
	dir, as, err := home(k.account)
	if err != nil {
		return nil, err
	}
	p, err := k.plan(path, dir, as)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	argv := append([]string{"-c", supervisor, "sh", dir}, append(p.argv, arguments...)...)
	s := &Server{DSN: p.dsn, Name: k.Name, crash: k.crash, cmd: exec.Command("sh", argv...), ready: make(chan struct{}, 1)}
	s.cmd.Dir, s.cmd.SysProcAttr = dir, as
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.listen(out, k.ready)
	if err := s.await(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Crash stops the server at once, without a moment to mend anything, starts it
// again on the same data when meanwhile has returned, and returns when it is
// ready.
func (s *Server) Crash(ctx context.Context, meanwhile func()) error {
	if _, err := io.WriteString(s.in, s.crash+"\n"); err != nil {
		return err
	}
	meanwhile()
	if _, err := io.WriteString(s.in, "again\n"); err != nil {
		return err
	}
	return s.await(ctx)
}

// Stop stops the server and removes what it has stored.
func (s *Server) Stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}

// listen reads what the server says until it ends.
func (s *Server) listen(out io.Reader, ready string) {
	const kept = 20
	defer close(s.ready)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.mu.Lock()
		s.said = append(s.said[max(0, len(s.said)-kept):], lines.Text())
		s.mu.Unlock()
		if strings.Contains(lines.Text(), ready) {
			s.ready <- struct{}{}
		}
	}
}

func (s *Server) await(ctx context.Context) error {
	var err error
	select {
	case _, running := <-s.ready:
		if running {
			return nil
		}
		err = errors.New("ended")
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Errorf("%s is not ready: %w:\n%s", s.Name, err, strings.Join(s.said, "\n"))
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
	return "", fmt.Errorf("%s: %w", name, ErrAbsent)
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
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return dir, nil, err
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
