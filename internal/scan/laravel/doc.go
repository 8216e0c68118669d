// Package laravel reads the PHP of a Laravel application: which tables its Eloquent
// models stand for, what the query builder names, and SQL in its strings. PHP without
// Laravel's database is read for words and SQL, and is a gap.
package laravel
