// Package python reads what the Python of any framework has in common: strings
// with SQL, calls that send SQL, imports, and which name means what. It knows no
// ORM.
package python
