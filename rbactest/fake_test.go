package rbactest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// fakeT stands for the T of a host's test: it takes down what it is told. A
// method that this package is not meant to call is nil, and panics.
type fakeT struct {
	testing.TB
	errors, logs strings.Builder
	failed       bool
}

func (f *fakeT) Helper()      {}
func (f *fakeT) Name() string { return "TestHost/sub" }

func (f *fakeT) Logf(format string, args ...any) { fmt.Fprintf(&f.logs, format+"\n", args...) }

func (f *fakeT) Errorf(format string, args ...any) {
	f.failed = true
	fmt.Fprintf(&f.errors, format+"\n", args...)
}

func (f *fakeT) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// try runs f as a test of its own.
func try(f func(t testing.TB)) *fakeT {
	fake := &fakeT{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(fake)
	}()
	<-done
	return fake
}

// fails asserts that f fails its test, and says each of the words.
func fails(t *testing.T, f func(t testing.TB), words ...string) {
	t.Helper()
	fake := try(f)
	if !fake.failed {
		t.Errorf("does not fail, want a failure with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(fake.errors.String(), word) {
			t.Errorf("fails without saying %q:\n%s", word, fake.errors.String())
		}
	}
	if n := strings.Count(fake.errors.String(), "rbactest: "); fake.failed && n == 0 {
		t.Errorf("does not say who speaks:\n%s", fake.errors.String())
	}
}

// passes asserts that f does not fail its test.
func passes(t *testing.T, f func(t testing.TB)) {
	t.Helper()
	if fake := try(f); fake.failed {
		t.Errorf("fails:\n%s", fake.errors.String())
	}
}
