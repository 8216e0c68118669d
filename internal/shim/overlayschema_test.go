package shim_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/shim"
)

func TestOverlaySchema(t *testing.T) {
	t.Parallel()
	for build, want := range map[string]string{
		"": "",
		"4f9c2b7d1e0a8c6f5b3d2e1f0a9b8c7d6e5f4a3b": "mg_4f9c2b7d1e0a8c6f5b3d2e1f0a9b8c7d6e5f4a3b",
		"01234567-89ab-cdef-0123-456789abcdef":     "mg_01234567_89ab_cdef_0123_456789abcdef",
		"one_2":                                    "mg_one_2",
		strings.Repeat("a", 60):                    "mg_" + strings.Repeat("a", 60),
	} {
		if got := shim.OverlaySchema(build); got != want {
			t.Errorf("%q: %q, want %q", build, got, want)
		}
	}
}

// TestOverlaySchemasDiffer: no two spellings share a name, not even a UUID's two.
func TestOverlaySchemasDiffer(t *testing.T) {
	t.Parallel()
	hash := strings.TrimPrefix(shim.OverlaySchema("Release"), "mg_")
	ids := []string{
		"abc", "ABC", "Abc", "a-b-c", "a_b_c", "a.b.c", "a b c", "abc ", " abc", "äbc", "a\"b", "a,b", "a'b", "$user", "-", "_", "é", "e\u0301",
		strings.Repeat("a", 60), strings.Repeat("a", 61), strings.Repeat("a", 62), strings.Repeat("A", 60),
		"01234567-89ab-cdef-0123-456789abcdef", "01234567_89ab_cdef_0123_456789abcdef", "01234567-89AB-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef",
		"Release", hash, strings.TrimPrefix(hash, "h_"), strings.TrimPrefix(shim.OverlaySchema(hash), "mg_"),
	}
	seen := map[string]string{}
	for _, id := range ids {
		name := shim.OverlaySchema(id)
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q share %q", id, other, name)
		}
		seen[name] = id
		if len(name) > 63 || !strings.HasPrefix(name, "mg_") || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%q: %q", id, name)
		}
	}
}
