package strictjson

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type (
	Base   struct{ ID, Same string }
	Other  struct{ Same, Only string }
	lower  struct{ Low string }
	Deep   struct{ Base }
	Deeper struct{ Deep }
	Tagged struct {
		Same string `json:"Same"`
	}
	text string
	Text string
	Loop struct {
		*Loop
		X int
	}
	Left  struct{ Deep }
	Right struct{ Deep }
)

// tagged returns a struct of fields A, B, … with these tags. It is made at run
// time since the linters rightly refuse some of them in source.
func tagged(tags ...reflect.StructTag) any {
	var fields []reflect.StructField
	for i, tag := range tags {
		fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: reflect.TypeFor[int](), Tag: tag})
	}
	return reflect.New(reflect.StructOf(fields)).Elem().Interface()
}

// What encoding/json writes for a struct is what it reads, so Marshal is the
// oracle.
func TestFieldsOfAgreesWithJSON(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		sample{},
		struct{}{},
		struct{ Base }{},
		struct{ *Base }{new(Base)},
		struct {
			Base
			Other
		}{},
		struct {
			Base
			Tagged
		}{},
		struct {
			Tagged
			Base
		}{},
		struct {
			Base
			Same int
		}{},
		struct {
			Base `json:"base"`
			ID   int
		}{},
		struct {
			lower
			text
			Text
			hidden int
		}{},
		tagged(`json:"-"`, `json:"-,"`, `json:"c\"quote"`, `json:"päth/x.y"`, `json:",string"`, `json:""`, ``),
		tagged(`json:"x"`, `json:"x"`, `json:"y"`),
		struct {
			Deeper
			ID int
		}{},
		struct {
			Deeper
			Base
		}{},
		struct {
			Left
			Right
		}{},
		struct {
			Base
			Deep
			Other
		}{},
		Loop{},
	} {
		t.Run(reflect.TypeOf(v).String(), func(t *testing.T) {
			t.Parallel()
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			want, got := slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Keys(fieldsOf(reflect.TypeOf(v))))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDecodeEmbedded(t *testing.T) {
	t.Parallel()
	var v struct {
		Base
		Same *string
	}
	if err := Decode([]byte(`{"ID":"a","Same":null}`), &v); err != nil || v.ID != "a" {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := Decode([]byte(`{"ID":null}`), &v); err == nil || !strings.Contains(err.Error(), "null") {
		t.Errorf("null for an embedded string: %v", err)
	}
	if err := Decode([]byte(`{"Base":{}}`), &v); err == nil {
		t.Error("an embedded struct has no key of its own")
	}
}
