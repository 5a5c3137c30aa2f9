package strictjson

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	Name string `json:"name"`
	N    *int   `json:"n,omitempty"`
}

type upper string

func (u *upper) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return errEmpty
	}
	*u = upper(strings.ToUpper(string(b)))
	return nil
}

var errEmpty = errors.New("empty upper")

type sample struct {
	Name   string            `json:"name"`
	Count  int8              `json:"count"`
	List   []inner           `json:"list"`
	Pair   [2]int            `json:"pair"`
	Map    map[string]inner  `json:"map"`
	Meta   map[string]string `json:"meta"`
	Inner  inner             `json:"inner"`
	Ptr    *inner            `json:"ptr"`
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw"`
	When   time.Time         `json:"when"`
	Upper  upper             `json:"upper"`
	Uppers map[upper]int     `json:"uppers"`
	Ints   map[int]int       `json:"ints"`
	Plain  bool
	Hidden int `json:"-"`
}

func TestDecodeAccepts(t *testing.T) {
	t.Parallel()
	seven := 7
	for _, row := range []struct {
		name, in string
		want     sample
	}{
		{"empty object", `{}`, sample{}},
		{"space around", " {\"name\":\"a\"}\r\n", sample{Name: "a"}},
		{"go name", `{"Plain":true}`, sample{Plain: true}},
		{"escaped key", `{"n\u0061me":"a"}`, sample{Name: "a"}},
		{"surrogate pair", `{"name":"\ud83d\ude00 \\ud800 \n"}`, sample{Name: "😀 \\ud800 \n"}},
		{"upper-case hexadecimal", `{"name":"\uD83D\uDE00\u00E9"}`, sample{Name: "😀é"}},
		{"literal replacement character", "{\"name\":\"\uFFFD\"}", sample{Name: "\uFFFD"}},
		{"list", `{"list":[{"name":"a","n":7},{"n":null}]}`, sample{List: []inner{{Name: "a", N: &seven}, {}}}},
		{"null list, map, pointer, any", `{"list":null,"map":null,"ptr":null,"any":null}`, sample{}},
		{"pair", `{"pair":[1,2]}`, sample{Pair: [2]int{1, 2}}},
		{"map keys differ by case", `{"meta":{"a":"1","A":"2"}}`, sample{Meta: map[string]string{"a": "1", "A": "2"}}},
		{"any key in any", `{"any":{"x":[1,null]}}`, sample{Any: map[string]any{"x": []any{1.0, nil}}}},
		{"any key in raw", `{"raw":{"x":1}}`, sample{Raw: json.RawMessage(`{"x":1}`)}},
		{"text type", `{"upper":"a"}`, sample{Upper: "A"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got sample
			if err := Decode([]byte(row.in), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 65)
	for _, row := range []struct{ name, in, want string }{
		{"nothing", ``, "not one JSON value"},
		{"syntax", `{"name":}`, "not one JSON value"},
		{"trailing value", `{} {}`, "not one JSON value"},
		{"trailing garbage", `{}x`, "not one JSON value"},
		{"trailing NUL", "{}\x00", "not one JSON value"},
		{"byte order mark", "\uFEFF{}", "not one JSON value"},
		{"comment", `{}//`, "not one JSON value"},
		{"G15 invalid value", "{\"name\":\"a\xff\"}", "not valid UTF-8"},
		{"G15 invalid key", "{\"meta\":{\"\xff\":\"\"}}", "not valid UTF-8"},
		{"G15 surrogate bytes", "{\"name\":\"\xed\xa0\x80\"}", "not valid UTF-8"},
		{"G15 lone high", `{"name":"\ud800"}`, "contains half a surrogate pair"},
		{"G15 lone high before text", `{"name":"\ud800x"}`, "contains half a surrogate pair"},
		{"G15 lone high before escape", `{"name":"\ud800\n"}`, "contains half a surrogate pair"},
		{"G15 two high", `{"name":"\uD800\uDBFF"}`, "contains half a surrogate pair"},
		{"G15 high before BMP", `{"name":"\ud800\u0041"}`, "contains half a surrogate pair"},
		{"G15 lone low", `{"name":"\\\udc00"}`, "contains half a surrogate pair"},
		{"G15 lone in key", `{"meta":{"\udfff":""}}`, "contains half a surrogate pair"},
		{"unknown key", `{"nam":"a"}`, "unknown key at nam"},
		{"unknown key below", `{"list":[{},{"x":1}]}`, "unknown key at list[1].x"},
		{"unknown key behind pointer", `{"ptr":{"x":1}}`, "unknown key at ptr.x"},
		{"unknown key in map", `{"map":{"a":{"x":1}}}`, "unknown key at map.a.x"},
		{"hidden field", `{"Hidden":1}`, "unknown key at Hidden"},
		{"empty key", `{"":1}`, "unknown key"},
		{"G01 other case", `{"Name":"a"}`, "unknown key at Name"},
		{"G01 other case of Go name", `{"plain":true}`, "unknown key at plain"},
		{"G01 long s", "{\"li\u017ft\":null}", "unknown key"},
		{"duplicate", `{"name":"a","name":"b"}`, "duplicate key at name"},
		{"duplicate escaped", `{"name":"a","n\u0061me":"b"}`, "duplicate key at name"},
		{"duplicate in map", `{"meta":{"a":"1","a":"1"}}`, "duplicate key at meta.a"},
		{"duplicate in any", `{"any":[{"a":1,"b":{"c":1,"c":2}}]}`, "duplicate key at any[0].b.c"},
		{"duplicate in raw", `{"raw":{"a":1,"a":2}}`, "duplicate key at raw.a"},
		{"null", `null`, "null not allowed"},
		{"null string", `{"name":null}`, "null not allowed at name"},
		{"null number", `{"count":null}`, "null not allowed at count"},
		{"null bool", `{"Plain":null}`, "null not allowed at Plain"},
		{"null struct", `{"inner":null}`, "null not allowed at inner"},
		{"null array", `{"pair":null}`, "null not allowed at pair"},
		{"null time", `{"when":null}`, "null not allowed at when"},
		{"null text type", `{"upper":null}`, "null not allowed at upper"},
		{"null element", `{"list":[null]}`, "null not allowed at list[0]"},
		{"null entry", `{"meta":{"a":null}}`, "null not allowed at meta.a"},
		{"H03 short array", `{"pair":[1]}`, "wrong number of elements at pair"},
		{"H03 long array", `{"pair":[1,2,3]}`, "wrong number of elements at pair"},
		{"wrong type", `{"name":1}`, "wrong type or out of range at name"},
		{"object for list", `{"list":{"a":1}}`, "wrong type or out of range at list"},
		{"list for object", `{"inner":[{"a":1}]}`, "wrong type or out of range at inner"},
		{"object for text type", `{"upper":{"a":1}}`, "wrong type or out of range at upper"},
		{"out of range", `{"count":128}`, "wrong type or out of range at count"},
		{"fraction", `{"count":1.5}`, "wrong type or out of range at count"},
		{"type refuses", `{"upper":""}`, "value not accepted"},
		{"bad time", `{"when":"secret"}`, "value not accepted"},
		{"map with parsed keys", `{"uppers":{"a":1,"A":2}}`, "destination map has other than plain string keys at uppers"},
		{"map with integer keys", `{"ints":{"1":1,"01":2}}`, "destination map has other than plain string keys at ints"},
		{"path not ASCII", `{"meta":{"é":null}}`, "null not allowed"},
		{"path with newline", `{"meta":{"a\nb":null}}`, "null not allowed"},
		{"path too long", `{"any":{"` + long + `":{"a":1,"a":1}}}`, "duplicate key"},
		{"path too long itself", `{"` + long + `":1}`, "unknown key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			before := sample{Name: "before", Meta: map[string]string{"k": "v"}}
			got := before
			err := Decode([]byte(row.in), &got)
			if err == nil || err.Error() != row.want {
				t.Errorf("error %v, want %s", err, row.want)
			}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("destination changed (-want +got)\n%s", diff)
			}
		})
	}
}

func TestDecodeDepth(t *testing.T) {
	t.Parallel()
	nest := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	var v any
	if err := Decode(nest(MaxDepth), &v); err != nil {
		t.Errorf("at limit: %v", err)
	}
	for _, n := range []int{MaxDepth + 1, 100, 1_000_000} {
		if err := Decode(nest(n), &v); err == nil {
			t.Errorf("depth %d accepted", n)
		}
	}
	mixed := strings.Repeat(`{"a":[`, 16) + "0" + strings.Repeat("]}", 16)
	if err := Decode([]byte(mixed), &v); err != nil {
		t.Errorf("mixed at limit: %v", err)
	}
	if err := Decode([]byte("["+mixed+"]"), &v); err == nil {
		t.Error("mixed limit+1 accepted")
	}
}

func TestDecodeReplacesWhole(t *testing.T) {
	t.Parallel()
	got := sample{Name: "old", Meta: map[string]string{"old": "1"}, Any: &inner{Name: "old"}, Ptr: &inner{Name: "old"}}
	if err := Decode([]byte(`{"meta":{"new":"2"},"any":{"Name":"x"},"ptr":{}}`), &got); err != nil {
		t.Fatal(err)
	}
	want := sample{Meta: map[string]string{"new": "2"}, Any: map[string]any{"Name": "x"}, Ptr: &inner{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecodeDestination(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, sample{}, (*sample)(nil), 1} {
		if err := Decode([]byte(`{}`), v); err == nil {
			t.Errorf("%T accepted", v)
		}
	}
}

func TestErrorUnwrap(t *testing.T) {
	t.Parallel()
	var s sample
	if err := Decode([]byte(`{"upper":""}`), &s); !errors.Is(err, errEmpty) {
		t.Errorf("the type's own error is lost in %v", err)
	}
	var e *Error
	if err := Decode([]byte(`{"inner":{"x":1}}`), &s); !errors.As(err, &e) || e.Path() != "inner.x" || e.Unwrap() != nil {
		t.Errorf("got %#v", err)
	}
}

// Five megabytes of keys take well under a second; were any step quadratic in
// their number, hours.
func TestDecodeIsLinear(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"meta":{`)
	for i := range 200_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strconv.Itoa(i) + `-padding-padding":"v"`)
	}
	b.WriteString(`}}`)
	var s sample
	start := time.Now()
	if err := Decode([]byte(b.String()), &s); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("%d bytes took %v", b.Len(), d)
	}
	if len(s.Meta) != 200_000 {
		t.Errorf("%d entries", len(s.Meta))
	}
}

func FuzzStrictJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `{"name":"a"}`, `{"Name":"a"}`, `{"name":"a","n\u0061me":"b"}`, `{"list":[{"name":"a","n":7}]}`,
		`{"meta":{"a":"1","A":"2"}}`, `{"any":[{"a":1,"a":2}]}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}", `{} {}`,
		`[[[[[[]]]]]]`, `{"pair":[1,2]}`, `{"upper":"a"}`, `{"count":1e999}`, `{"when":"2026-01-01T00:00:00Z"}`, "\uFEFF{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want sample
		err := Decode(data, &got)
		if err == nil {
			// Strict is a subset: same value, and it survives a round trip.
			if e := json.Unmarshal(data, &want); e != nil {
				t.Fatalf("accepted %q, json does not: %v", data, e)
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("of %q: %v, json says %v", data, got, want)
			}
			dec := json.NewDecoder(strings.NewReader(string(data)))
			dec.DisallowUnknownFields()
			if e := dec.Decode(&want); e != nil {
				t.Errorf("accepted %q: %v", data, e)
			}
		} else if len(err.Error()) > 200 {
			t.Errorf("long error %q", err)
		}
		var loose any
		if err := Decode(data, &loose); err == nil {
			again, e := json.Marshal(loose)
			if e != nil {
				t.Fatal(e)
			}
			var twice any
			if e := Decode(again, &twice); e != nil || !reflect.DeepEqual(loose, twice) {
				t.Errorf("of %q: marshalled to %q, which is refused or differs: %v", data, again, e)
			}
		}
	})
}
