// Package naming judges text: identifiers, permission names, role names and
// the free texts beside them (semantics §1, S19).
//
// Every check returns "" for valid text, or a short problem that completes
// the sentence "rbac: invalid <field>: <problem>" and never echoes the input.
// Text is rejected, never repaired: what is accepted is stored as it came.
// All functions are pure and safe for concurrent use.
package naming

// Limits of accepted text. Text of exactly the limit is accepted.
const (
	MaxTenant        = 128  // bytes in a tenant identifier
	MaxSubject       = 255  // bytes in a user or group identifier
	MaxPermission    = 128  // bytes in a permission name
	MaxRoleName      = 64   // runes in a role name
	MaxDescription   = 1024 // runes in a role description
	MaxReason        = 512  // runes in a reason
	MaxMetadata      = 16   // entries in a role's metadata
	MaxMetadataKey   = 64   // bytes in a metadata key
	MaxMetadataValue = 256  // bytes in a metadata value
)

// Problems that more than one kind of text can have.
const (
	empty        = "empty"
	invalidUTF8  = "not valid UTF-8"
	hasControl   = "contains a control character or line break"
	outerSpace   = "starts or ends with a space"
	hasBadDecode = "contains U+FFFD, which stands for text that was not decoded"
)
