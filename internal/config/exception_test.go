package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestExceptions(t *testing.T) {
	t.Parallel()
	file, err := ParseFile(`
[[allow]]
hazard = "dropped-column"
table = "sales.users"
column = '"No  tes"'
reason = """v41
   ignores it"""
migration = "20261101_drop_notes.rb"
expires = 2027-01-31

[[allow]]
hazard = "blocking-alter"
table = "users"
statement = "alter table users add column \"a  b\" int"
reason = "small by night"
`)
	want := []Exception{
		{Hazard: "dropped-column", Object: `sales.users."No  tes"`, Reason: "v41 ignores it", Migration: "20261101_drop_notes.rb",
			Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)},
		{Hazard: "blocking-alter", Object: "users", Reason: "small by night", Statement: `alter table users add column "a  b" int`},
	}
	if err != nil || !reflect.DeepEqual(file.Allow, want) {
		t.Errorf("%+v, %v", file.Allow, err)
	}
}

func TestExceptionsRefuse(t *testing.T) {
	t.Parallel()
	const whole = "hazard = 'dropped-table'\ntable = 'users'\nreason = 'unused'\n"
	for text, want := range map[string]string{
		whole + "expire = 2027-01-31":                  "expire is no setting; did you mean expires?",
		whole + "until = 2027-01-31":                   "until is no setting; there are hazard, table, ",
		whole + "expires = '2027-01-31'":               "expires is no date, as 2027-01-31, unquoted",
		whole + "expires = 12:00:00":                   "expires is no date",
		whole + "expires = 2027-01-31T00:00:00Z":       "expires is no date",
		whole + "migration = 7":                        "migration is no text",
		whole + "object = 'users'":                     "dropped-table: write either table",
		"table = 'users'\nreason = 'unused'":           "it has no hazard",
		"hazard = 'dropped-table'\nreason = 'unused'":  "dropped-table: write either table",
		"hazard = 'dropped-table'\ntable = 'users'":    "dropped-table: say the reason",
		"hazard = 'a'\nobject = 'b'\ncolumn = 'c'":     "a: a column is one of a table",
		"hazard = 'a'\ntable = 'b'\nreason = \"\\n \"": "reason is no text, or an empty one",
	} {
		if _, err := ParseFile("[[allow]]\n" + text); err == nil || !strings.Contains(err.Error(), "[[allow]]: "+want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"allow = 'dropped-table:users'":            "allow",
		"allow = [1]":                              "neither a list of texts nor of tables",
		"allow = ['dropped-table:a']\n[[allow]]\n": "allow",
	} {
		if _, err := ParseFile(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
