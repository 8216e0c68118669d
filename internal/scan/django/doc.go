// Package django reads the Python of a Django project: which tables its models
// stand for and with which columns, and SQL in its strings.
package django
