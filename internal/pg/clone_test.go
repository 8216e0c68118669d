package pg

import (
	"strings"
	"testing"
)

// TestDumpAdvice: the first text is what pg_dump 15.18 says of a server 18.4.
func TestDumpAdvice(t *testing.T) {
	t.Parallel()
	for said, advised := range map[string]bool{
		"pg_dump: error: aborting because of server version mismatch; pg_dump: detail: server version: 18.4; pg_dump version: 15.18 (Debian 15.18-0+deb12u1)": true,
		`pg_dump: error: query failed: ERROR:  permission denied for table users`:                                                                             false,
	} {
		if got := dumpAdvice(said); !strings.HasPrefix(got, said) || (got != said) != advised {
			t.Errorf("%s: %s", said, got)
		}
	}
}
