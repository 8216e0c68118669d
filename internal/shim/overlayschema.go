package shim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// overlayPrefix begins the names of all overlay schemas. No other name of
// migguard's begins so; "pg_" is the server's.
const overlayPrefix = "mg_"

// maxName is the longest name that the server keeps whole, NAMEDATALEN - 1 bytes
// (src/include/pg_config_manual.h). A longer one it would cut, and then two
// builds' could be the same.
const maxName = 63

// OverlaySchema is the name of the schema that a build's processes look into
// before all others: "mg_" and the id. Ids that could not stand there unquoted,
// or would be too long, are named by their hash, "mg_h_" and 48 hexadecimal
// digits of SHA-256; so are those that begin as such a name does. In a UUID "_"
// stands for "-", and what looks like the result is hashed. So no two ids share a
// name. An empty id has none: "".
func OverlaySchema(build string) string {
	if build == "" {
		return ""
	}
	switch {
	case isUUID(build):
		return overlayPrefix + strings.ReplaceAll(build, "-", "_")
	case len(overlayPrefix)+len(build) <= maxName && isPlain(build) &&
		!strings.HasPrefix(build, hashed) && !isUUID(strings.ReplaceAll(build, "_", "-")):
		return overlayPrefix + build
	}
	sum := sha256.Sum256([]byte(build))
	return overlayPrefix + hashed + hex.EncodeToString(sum[:hashBytes])
}

// IsOverlaySchema tells the names that OverlaySchema may have given.
func IsOverlaySchema(name string) bool {
	return strings.HasPrefix(name, overlayPrefix) && len(name) > len(overlayPrefix) && isPlain(name)
}

// hashed marks the names that are hashes. 24 bytes of one leave room in maxName,
// and no two builds in the world share them.
const (
	hashed    = "h_"
	hashBytes = 24
)

// isPlain tells text of lower-case letters, digits and "_". In a search path such
// an element needs no quotes, whatever it begins with: the server takes it apart
// at commas (SplitIdentifierString), and "mg_" stands before it.
func isPlain(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// isUUID tells lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
func isUUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(groups) != 5 {
		return false
	}
	for i, size := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != size || strings.Trim(groups[i], "0123456789abcdef") != "" {
			return false
		}
	}
	return true
}
