package golang

import "strings"

// rowMethods return the rows of the SQL that they take.
var rowMethods = setOf(`Query QueryRow QueryContext QueryRowContext Queryx QueryRowx QueryxContext QueryRowxContext NamedQuery NamedQueryContext QueryFunc`)

// laxNames read rows whatever columns they have, and unsafeNames have a library do so: sqlx's,
// scany's, pgx's, and what database/sql tells of a row.
var (
	laxNames    = setOf(`RowToMap MapScan SliceScan FieldDescriptions ColumnTypes`)
	unsafeNames = setOf(`Unsafe WithAllowUnknownColumns AllowUnknownColumns`)
)

// rows notes a method that reads rows; -1 arguments are those of one that is no call, or may be.
// Scan of database/sql and of pgx fails unless it has as many variables as there are columns,
// sqlx's StructScan, Get and Select and pgx's RowToStructByName, lax or not, if a column has no field.
func (r *reader) rows(name string, arguments int) {
	f := r.file
	switch {
	case arguments == 0 && (name == "Values" || name == "Columns"):
		f.untyped, f.lax = f.untyped || name == "Values", true
	case unsafeNames[name]:
		f.unsafe = true
	case laxNames[name]:
		f.lax = true
	case arguments > 1 && intoMethods[name], arguments > 0 && (name == "Scan" || name == "StructScan" || name == "ForEachRow"),
		strings.HasPrefix(name, "RowToStructBy"), strings.HasPrefix(name, "RowToAddrOfStructBy"):
		f.scans = true
	}
}

// reading reads a function, and tells by what else it does how the rows are read of what it sends.
func (r *reader) reading(function func()) {
	f, first := r.file, len(r.file.sent)
	scans, lax := f.scans, f.lax
	f.scans, f.lax = false, false
	function()
	for i := range f.sent[first:] {
		t := &f.sent[first+i]
		t.into, t.strict = t.into && !f.lax, t.into && !f.lax && f.scans
	}
	f.scans, f.lax = f.scans || scans, f.lax || lax
}

// into notes that what was sent returns rows that are read.
func (r *reader) into(first int) {
	for i := range r.file.sent[first:] {
		r.file.sent[first+i].into = true
	}
}
