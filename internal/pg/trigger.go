package pg

// TriggerSource is the query for the source of a function without arguments, a literal as a
// statement names it, in UTF-8 and in hex; empty if it is not in PL/pgSQL, or not there.
func TriggerSource(function string) string {
	return `SELECT pg_catalog.encode(pg_catalog.convert_to(coalesce((
		SELECT p.prosrc FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
		WHERE p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure(` + function + `) AND l.lanname OPERATOR(pg_catalog.=) 'plpgsql'), ''), 'UTF8'), 'hex')`
}
