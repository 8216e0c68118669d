// Package pg is the live PostgreSQL that a run works on: what its URL means,
// whether a migration can run there at all, and connections to it for the
// guard.
//
// It refuses to print a password, to work through a transaction or statement
// pooler, where locks and sessions belong to nobody, and to guess: every reason
// why a database will not do is a type of its own.
package pg
