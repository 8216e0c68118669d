// Package rails reads the Ruby of a Rails application: which tables its models
// stand for, which columns they ignore, and what its queries name.
//
// ActiveRecord caches the columns of a model's table and reads and writes all
// of them, but for those the model ignores. So a model is a use of its whole
// table, and what matters is to miss no model, and to take no column for
// ignored that is not: a list that cannot be read, or that is set under a
// condition, ignores nothing.
package rails
