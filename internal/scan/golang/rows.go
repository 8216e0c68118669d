package golang

// rowMethods return the rows of the SQL that they take.
var rowMethods = setOf(`Query QueryRow QueryContext QueryRowContext Queryx QueryRowx QueryxContext QueryRowxContext NamedQuery NamedQueryContext QueryFunc`)

// laxNames read rows whatever columns they have, or have a library do so: sqlx's, scany's,
// pgx's, and what database/sql tells of a row.
var laxNames = setOf(`RowToMap MapScan SliceScan Unsafe FieldDescriptions ColumnTypes WithAllowUnknownColumns AllowUnknownColumns`)

// rows notes a call that reads rows. Scan of database/sql and of pgx fails unless it has as many
// variables as there are columns, sqlx's StructScan, Get and Select if a column has no field.
func (r *reader) rows(name string, arguments int) {
	f := r.file
	switch {
	case arguments == 0 && (name == "Values" || name == "Columns"):
		f.untyped, f.lax = f.untyped || name == "Values", true
	case laxNames[name]:
		f.lax = true
	case arguments > 1 && intoMethods[name], arguments > 0 && (name == "Scan" || name == "StructScan" || name == "ForEachRow"):
		f.scans = true
	}
}

// into notes that what was sent returns rows that are read.
func (r *reader) into(first int) {
	for i := range r.file.sent[first:] {
		r.file.sent[first+i].into = true
	}
}
