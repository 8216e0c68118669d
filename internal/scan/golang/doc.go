// Package golang reads Go: SQL in its strings and constants, what is sent to the
// database from elsewhere, and the structs that GORM makes tables of. It uses the
// standard library's parser and no types: what only types tell is a gap.
package golang
