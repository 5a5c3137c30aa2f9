package rbactest

import (
	"runtime"
	"testing"
)

// failingT stands for a test and knows only whether it has failed.
type failingT struct {
	testing.TB
	failed bool
}

func (f *failingT) Helper()               {}
func (f *failingT) Errorf(string, ...any) { f.failed = true }
func (f *failingT) Fatalf(string, ...any) { f.failed = true; runtime.Goexit() }
