package naming

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestS19_ReservedKey(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		prebuilt string
		taken    []string
		free     []string
	}{
		{
			prebuilt: "Admin",
			taken: []string{
				"Admin", "ADMIN", "admin", "ＡＤＭＩＮ", "Adm\u0131n", "ADM\u0130N", "Ádmin", "A\u0301dmin", "Ạ\u0301dmin",
				"A\u20DDdmin", "A\u0338dmin", "ADMlN", "Adm1n", "Adm|n", "Adrnin", "AdMIN", "Ad min", "Ad-min",
				"Admin.", "_Admin_", "'Admin'", "Adminʼ", "Admin´", "@dmin", "ᴀᴅᴍɪɴ", "ᵃᵈᵐⁱⁿ", "Ađmin", "ɑdmin", "Ⱥdmin",
				"ꓮꓓꓟꓲꓠ", "\u0410dmin", "\u0391dmin", "\u13AAdmin", "🅰dmin", "🅐dmin", "🇦🇩🇲🇮🇳", "Ⓐⓓⓜⓘⓝ", "𝔸dmin",
			},
			free: []string{"Admins", "Admin 2", "Admin EU", "Administrator", "Amin", "Administrateur", "Админ", "管理者", "⭐Admin"},
		},
		{
			prebuilt: "Owner",
			taken: []string{
				"OWNER", "oWner", "0wner", "Øwner", "Öwner", "Ovvner", "ꓳꓪꓠꓰꓣ", "ᴏᴡɴᴇʀ", "\u041Ewner", "оԝпег", "Own\u0435r", "🅞🅦🅝🅔🅡", "O.W.N.E.R",
			},
			free: []string{"Owners", "Co-owner", "Ownership", "Own"},
		},
		{
			prebuilt: "User",
			taken:    []string{"USER", "U\u017Fer", "ꓴꓢꓰꓣ", "Ușer", "U$er", "Us€r", "\u054Dser", "Uѕer"},
			free:     []string{"Users", "Super user", "Use"},
		},
		{
			prebuilt: "Level l",
			taken:    []string{"Level 1", "Level I", "LEVEL L", "🅻evel 1"},
			free:     []string{"Level 2"},
		},
		{
			prebuilt: "Gaſt",
			taken:    []string{"GAST", "Gast"},
			free:     []string{"Gaest"},
		},
	} {
		t.Run(row.prebuilt, func(t *testing.T) {
			t.Parallel()
			want := ReservedKey(row.prebuilt)
			for _, s := range row.taken {
				if got := ReservedKey(s); got != want {
					t.Errorf("of %+q: %+q, want %+q", s, got, want)
				}
			}
			for _, s := range row.free {
				if got := ReservedKey(s); got == want {
					t.Errorf("of %+q: %+q, as of %q", s, got, row.prebuilt)
				}
				if p := RoleName(s); p != "" {
					t.Errorf("name %+q refused: %s", s, p)
				}
			}
		})
	}
}

// A name that leaves nothing to compare is compared by its key, so that two of
// them are not one.
func TestS19_ReservedKeyIsNeverEmpty(t *testing.T) {
	t.Parallel()
	if a, b := ReservedKey("ˈ"), ReservedKey("ˌ"); a == "" || a == b {
		t.Errorf("got %+q and %+q", a, b)
	}
}

// A row of the table that no key can contain would be dead, and a character in
// two rows would depend on map order.
func TestS19_LookalikesAreReachable(t *testing.T) {
	t.Parallel()
	n := 0
	for _, like := range shapes {
		n += utf8.RuneCountInString(like)
	}
	if n != len(lookalikes) {
		t.Errorf("%d characters in the rows, but %d different ones", n, len(lookalikes))
	}
	for r := range lookalikes {
		if got := norm.NFKD.String(Key(string(r))); got != string(r) {
			t.Errorf("%U is %+q in a key", r, got)
		}
		if r == lookalikes[r] {
			t.Errorf("%U maps to itself", r)
		}
	}
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		want := string(c)
		if c == 'l' {
			want = "i"
		}
		if got := ReservedKey(strings.ToUpper(string(c))); got != want {
			t.Errorf("of %c: %q", c, got)
		}
	}
}
