package naming

import (
	"strings"
	"testing"
)

func TestS19_Description(t *testing.T) {
	t.Parallel()
	judge(t, Description, []verdict{
		{"empty", "", ""},
		{"newline", "one\ntwo\n", ""},
		{"at limit", strings.Repeat("é", 1024), ""},
		{"limit+1", strings.Repeat("é", 1025), "longer than 1024 characters"},
		{"carriage return", "one\r\ntwo", hasControl},
		{"tab", "a\tb", hasControl},
		{"G05 NUL", "a\x00", hasControl},
		{"G05 escape", "\x1b[2J", hasControl},
		{"line separator", "a\u2028b", hasControl},
		{"G15 invalid", "a\xff", invalidUTF8},
		{"format characters", "می\u200Cخواهم", ""},
		{"outer spaces", " a ", ""},
	})
}

func TestTerms_Reason(t *testing.T) {
	t.Parallel()
	judge(t, Reason, []verdict{
		{"empty", "", ""},
		{"text", "ticket 4711: новый сотрудник", ""},
		{"at limit", strings.Repeat("é", 512), ""},
		{"limit+1", strings.Repeat("é", 513), "longer than 512 characters"},
		{"newline", "a\nb", hasControl},
		{"paragraph separator", "a\u2029b", hasControl},
		{"G05 NUL", "a\x00", hasControl},
		{"G15 surrogate", "\xed\xb0\x80", invalidUTF8},
	})
}
