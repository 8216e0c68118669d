// Package oldcode runs the code of a build that is still there when a migration
// comes: one small application for each ecosystem, all on the tables of
// testdata/schema.sql, each in the spellings of its own kind.
//
// An application is one process for many databases, because a start takes longer
// than all that it does in one. It opens one connection to a database at a time and
// keeps what real code keeps: the columns that its ORM has looked up, the statements
// that its driver has prepared. In each round it does the same actions, and says of
// each whether it worked.
//
// Those of ORMs are smaller, on tables of their own: see there.
//
// What an application is made of lies under testdata/NAME/app, which is what a scan
// of its source reads; the driver beside it is not part of it.
package oldcode
