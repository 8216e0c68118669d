// Package ecto reads the Elixir of an application with Ecto: which columns its schemas
// have, tables that queries name without one, and SQL in its strings. Elixir without
// Ecto is read for words and SQL, and is a gap.
package ecto
