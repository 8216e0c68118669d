// Package contract holds what a build needs of the database's schema, and
// answers what a change of the schema would mean to it: yes, no or unknown,
// each with its reasons.
//
// A contract is a set of uses and a set of gaps. A use is one piece of evidence
// that the build reads or writes columns of a relation: a model, or an SQL text
// in the source; or a query that the database has seen, which Shows asks for. A gap is a place that could not be understood, and so may be
// a use of anything it reaches. Merging is the union of both sets, so evidence
// never disappears: a yes stays a yes, and a gap stays a gap.
//
// "No" needs three things: a scan of the build's whole source, no use that
// covers what is asked for, and no gap that reaches it. Everything else is
// "unknown", which is never taken as safe.
//
// The package is pure and free of cgo. It reads no source and no database.
package contract
