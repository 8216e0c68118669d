package pgtest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// settings are the lines a server gets after initdb's own postgresql.conf;
// those of the options override them. They go to the file and not to the
// command line, where they would win over ALTER SYSTEM.
func settings(inst Installation, s *Server, opts Options) string {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(s.Port),
		"unix_socket_directories": s.SocketDir,
		"max_connections":         "200",
		"ssl":                     "on",
		"ssl_cert_file":           s.CAFile,
		"ssl_key_file":            filepath.Join(s.dir, "server.key"),
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_line_prefix":         "%m [%p] %q%u@%d %a ",
	}
	if !opts.Durable {
		// Nothing outlives the run, so nothing has to reach the disk.
		all["fsync"], all["full_page_writes"] = "off", "off"
	}
	if hasStatements(inst) {
		all["shared_preload_libraries"] = "pg_stat_statements"
		// By default 5,000 queries, of which parallel tests drive out one another's.
		all["pg_stat_statements.max"] = "20000"
	}
	maps.Copy(all, opts.Settings)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	return b.String()
}

// hasStatements says whether the pg_stat_statements library was installed:
// Debian puts libraries in ../lib, a plain build in ../lib/postgresql.
func hasStatements(inst Installation) bool {
	for _, dir := range []string{"lib", "lib/postgresql"} {
		found, _ := filepath.Glob(filepath.Join(inst.BinDir, "..", dir, "pg_stat_statements.*"))
		if len(found) > 0 {
			return true
		}
	}
	return false
}
