// Package ddl reads SQL text the way PostgreSQL does and says what each
// statement would do to the schema: which typed changes it makes, which locks
// it takes, which functions it calls.
//
// Text is parsed by PostgreSQL's own grammar (version 17, through libpg_query)
// and by nothing else: names arrive folded, unquoted and cut to 63 bytes
// exactly as the server would see them. What that grammar refuses, newer syntax
// included, comes out as an Unparsed statement: an answer of "unknown", never a
// reason to stop and never taken as harmless.
//
// The package is pure. It opens nothing, asks no server and does not know which
// objects exist: an unqualified name stays unqualified (search_path belongs to
// the catalog), "ALTER TABLE x RENAME" may in truth rename an index, and locks
// that reach relations the text does not name are described by Via instead of
// guessed. It does not look inside DO blocks and function bodies; those are
// Opaque.
//
// Two session settings change how the server reads text and cannot be seen
// here. The text is read as UTF-8 with standard_conforming_strings on; a caller
// that relays text for a session where either differs must not rely on the
// answer.
package ddl
