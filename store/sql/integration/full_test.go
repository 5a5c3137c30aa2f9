package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed80bc5f17/rbac"
	sqlstore "github.com/seed80bc5f17/rbac/store/sql"
)

// fill makes changes until one fails for want of room, which must be said, and
// leaves the tenant as the last one that was acknowledged has left it.
func fillUp(t *testing.T, a *rbac.Authority, l *ledger) {
	t.Helper()
	for n := range 10_000 {
		_, err := l.apply(t.Context(), a, host, rbac.CreateRole(rbac.NewRole{
			Name: fmt.Sprint("Role ", n), Description: strings.Repeat("x", 1000), Permissions: rbac.Set(),
		}))
		if err != nil {
			unavailable(t, "a change without room", err, "full")
			l.settle(t, a)
			return
		}
	}
	t.Fatal("there is room without end")
}

// TestFullDatabase lets SQLite have no more pages.
func TestFullDatabase(t *testing.T) {
	on(t, databases, func(t *testing.T, d database) {
		if d.dialect != sqlstore.SQLite {
			t.Skip("has no such limit")
		}
		db, opts := d.single(t)
		s := d.store(t, db, opts)
		w := newTroubled(t, s)
		var l ledger
		a := authority(t, s, "full")
		var pages int
		if err := db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
			t.Fatal(err)
		}
		execute(t, db, fmt.Sprintf("PRAGMA max_page_count = %d", pages+8))
		fillUp(t, a, &l)
		w.fail(t, "full") // some still fit
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		inside := authority(t, s.WithTx(tx), "full")
		_, err = inside.CreateRole(t.Context(), host, rbac.NewRole{Name: "Inside", Description: strings.Repeat("x", 1000), Permissions: rbac.Set()})
		unavailable(t, "a change in a host's transaction", err, "full")
		// SQLite has ended the transaction: statements would take effect alone.
		_, err = inside.CreateRole(t.Context(), host, rbac.NewRole{Name: "Inside", Permissions: rbac.Set()})
		if !errors.Is(err, sqlstore.ErrTransactionLost) {
			t.Errorf("another change in it: %v, want ErrTransactionLost", err)
		}
		_ = tx.Rollback() // of nothing
		l.settle(t, a)
		execute(t, db, "PRAGMA max_page_count = 1073741823")
		w.recover(t)
		l.must(t, a, host, making("There is room"))
		l.settle(t, a)
	})
}

// TestFullDisk fills a small file system, and makes room again.
func TestFullDisk(t *testing.T) {
	for _, mode := range []string{"delete", "wal"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m")
			if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSYS) {
				t.Skipf("NOT TESTED: mounting a file system: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(dir, 0); err != nil {
					t.Errorf("unmounting: %v", err)
				}
			})
			ballast := filepath.Join(dir, "ballast")
			if err := os.WriteFile(ballast, make([]byte, 5<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			d := named(t, "sqlite/file")
			dsn := "file:" + filepath.Join(dir, "rbac.db") + "?_pragma=journal_mode(" + mode + ")"
			db := open(t, "sqlite", dsn)
			s := d.store(t, db, nil)
			w := newTroubled(t, s)
			var l ledger
			a := authority(t, s, "full")
			fillUp(t, a, &l)
			w.fail(t, "full")
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			l.must(t, a, host, making("There is room"))
			l.settle(t, a)
			w.recover(t)
		})
	}
}
