package store

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// commitRecord is the JSON form of a Commit.
type commitRecord struct {
	Revision    uint64               `json:"revision,omitempty"`
	ID          string               `json:"id"`
	Time        int64                `json:"time"`
	Actor       string               `json:"actor,omitempty"`
	Entry       json.RawMessage      `json:"entry,omitempty"` // a string: base64
	Erase       bool                 `json:"erase,omitempty"`
	Roles       []Change[Role]       `json:"roles,omitempty"`
	Assignments []Change[Assignment] `json:"assignments,omitempty"`
	Memberships []Change[Membership] `json:"memberships,omitempty"`
}

// MarshalJSON encodes c as an object, for archives: nothing is lost. The entry
// is an object in it, and a string of base64 if it would not come through byte
// for byte as an object.
func (c Commit) MarshalJSON() ([]byte, error) {
	r := commitRecord{
		Revision: c.Revision, ID: c.ID, Time: c.Time, Actor: c.Actor, Entry: c.Entry, Erase: c.Erase,
		Roles: c.Roles, Assignments: c.Assignments, Memberships: c.Memberships,
	}
	if len(c.Entry) > 0 && !survives(c.Entry) {
		text, err := json.Marshal(c.Entry)
		if err != nil {
			return nil, err
		}
		r.Entry = text
	}
	return json.Marshal(r)
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (c *Commit) UnmarshalJSON(data []byte) error {
	var r commitRecord
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	entry := []byte(r.Entry)
	if len(entry) > 0 && entry[0] == '"' {
		if err := json.Unmarshal(r.Entry, &entry); err != nil {
			return err
		}
	}
	*c = Commit{
		Revision: r.Revision, ID: r.ID, Time: r.Time, Actor: r.Actor, Entry: entry, Erase: r.Erase,
		Roles: r.Roles, Assignments: r.Assignments, Memberships: r.Memberships,
	}
	return nil
}

// survives reports whether the encoder leaves an entry as it is: it takes out
// the white space between tokens, and escapes what HTML would misread.
func survives(entry []byte) bool {
	var compact, escaped bytes.Buffer
	if entry[0] != '{' || !utf8.Valid(entry) || json.Compact(&compact, entry) != nil {
		return false
	}
	json.HTMLEscape(&escaped, entry)
	return bytes.Equal(compact.Bytes(), entry) && bytes.Equal(escaped.Bytes(), entry)
}
