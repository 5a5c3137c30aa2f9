package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed80bc5f17/rbac/examples/internal/readme"
)

// serve starts the service over a new database.
func serve(tb testing.TB, unguarded bool) *httptest.Server {
	tb.Helper()
	db, err := open(filepath.Join(tb.TempDir(), "invoices.db"))
	if err != nil {
		tb.Fatal(err)
	}
	handler, err := newHandler(tb.Context(), db, unguarded)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(handler)
	tb.Cleanup(func() {
		server.Close()
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// TestREADMESession runs the commands of README.md, always as this test reads
// them, and by curl as well where it is installed.
func TestREADMESession(t *testing.T) {
	t.Parallel()
	steps := session(t, strings.Join(readme.Blocks(t, "README.md", "console"), ""))
	if len(steps) < 15 {
		t.Fatalf("README.md has %d commands", len(steps))
	}
	ways := map[string]func(*testing.T, []string) string{"net/http": interpret}
	if path, err := exec.LookPath("curl"); err == nil {
		ways["curl"] = func(t *testing.T, words []string) string {
			t.Helper()
			out, err := exec.CommandContext(t.Context(), path, append([]string{"-q", "--noproxy", "*"}, words[1:]...)...).Output()
			if err != nil {
				t.Fatalf("curl: %v", err)
			}
			return string(out)
		}
	} else {
		t.Log("curl is not installed: only net/http runs the session")
	}
	for name, run := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, false)
			for _, s := range steps {
				words := slices.Clone(s.words)
				url := &words[len(words)-1]
				path, ok := strings.CutPrefix(*url, "http://localhost:8080/")
				if !ok {
					t.Fatalf("%s: does not end with an address of the service", s.command)
				}
				*url = server.URL + "/" + path
				if got := run(t, words); !s.want.MatchString(got) {
					t.Fatalf("$ %s\nprints\n%s\nREADME.md shows\n%s", s.command, got, s.shown)
				}
			}
		})
	}
}

// step is a command and what it prints. In that, "…" stands for anything in a
// line, and alone in a line for any lines.
type step struct {
	command, shown string
	words          []string
	want           *regexp.Regexp
}

func session(t *testing.T, text string) []step {
	t.Helper()
	var steps []step
	for _, part := range strings.Split("\n"+text, "\n$ ")[1:] {
		words, rest, err := parse(part)
		if err != nil {
			t.Fatalf("%v in\n%s", err, part)
		}
		shown := strings.TrimSuffix(rest, "\n") + "\n"
		pattern := strings.ReplaceAll(regexp.QuoteMeta(shown), "…", ".*")
		pattern = strings.ReplaceAll(pattern, "\n.*\n", "\n(?s:.*)\n")
		steps = append(steps, step{strings.TrimSuffix(part, "\n"+rest), shown, words, regexp.MustCompile("^" + pattern + "$")})
	}
	return steps
}

// parse returns the words of a command, and what comes after its line. It knows
// of single quotes, and refuses all else that a shell would not take as it is.
func parse(text string) (words []string, rest string, err error) {
	var word strings.Builder
	inWord, quoted := false, false
	for i, c := range text {
		switch {
		case c == '\'':
			quoted, inWord = !quoted, true
		case quoted:
			word.WriteRune(c)
		case c == ' ' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
			if c == '\n' {
				return words, text[i+1:], nil
			}
		case strings.ContainsRune("\"\\$`|&;<>()*?[]{}#~!\t", c):
			return nil, "", fmt.Errorf("%q outside of quotes", c)
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	return nil, "", fmt.Errorf("the command does not end, or it prints nothing")
}

func TestParse(t *testing.T) {
	t.Parallel()
	words, rest, err := parse("curl -d 'a $0\n\"b\"'c http://x/\nanswer\n")
	if want := []string{"curl", "-d", "a $0\n\"b\"c", "http://x/"}; err != nil || rest != "answer\n" || !slices.Equal(words, want) {
		t.Errorf("%q %q %v, want %q", words, rest, err, want)
	}
	for _, text := range []string{"", "curl", "curl 'x\n", "curl $x\n", "curl \"x\"\n", "curl x | sh\n", "curl x; y\n", "curl x > y\n", "curl `x`\n", "curl x\\\ny\n"} {
		if words, _, err := parse(text); err == nil {
			t.Errorf("%q is %q", text, words)
		}
	}
}

// interpret does what curl would, with the options that README.md uses.
func interpret(t *testing.T, words []string) string {
	t.Helper()
	if words[0] != "curl" {
		t.Fatalf("not a curl command: %q", words)
	}
	method, body, url := "", "", ""
	header := http.Header{"Accept": {"*/*"}, "User-Agent": {"curl"}}
	var user, password string
	for i := 1; i < len(words); i++ {
		argument := func() string {
			if i++; i == len(words) {
				t.Fatalf("%s has no argument", words[i-1])
			}
			return words[i]
		}
		switch option := words[i]; option {
		case "-s":
		case "-u":
			user, password, _ = strings.Cut(argument(), ":")
		case "-X":
			method = argument()
		case "-H":
			name, value, ok := strings.Cut(argument(), ": ")
			if !ok {
				t.Fatalf("header %q", words[i])
			}
			header.Set(name, value)
		case "-d":
			body = argument()
			if method == "" {
				method = "POST"
			}
			if header.Get("Content-Type") == "" {
				header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
		default:
			if url != "" || strings.HasPrefix(option, "-") {
				t.Fatalf("%s is not understood", option)
			}
			url = option
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
