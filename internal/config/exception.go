package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Exception is one [[allow]]: a hazard on one object that is taken for safe,
// and why. In short it is one text, HAZARD:OBJECT, without a reason.
type Exception struct {
	Hazard string
	// Object is what the exception is for: a table, perhaps with a column, or
	// another object. Names are written as in SQL.
	Object    string
	Reason    string
	Migration string    // for people
	Statement string    // the only one it counts for
	Expires   time.Time // from when on it does not count; zero: never
}

// allowKeys are those of an [[allow]].
var allowKeys = []string{"hazard", "table", "column", "object", "reason", "migration", "statement", "expires"}

// UnmarshalTOML implements toml.Unmarshaler.
func (e *Exception) UnmarshalTOML(data any) error {
	if text, ok := data.(string); ok {
		*e = Exception{}
		e.Hazard, e.Object, _ = strings.Cut(text, ":")
		return nil
	}
	table, ok := data.(map[string]any)
	if !ok {
		return errors.New("allow is neither a list of texts nor of tables: write [[allow]]")
	}
	parsed, err := exceptionOf(table)
	if err != nil {
		return fmt.Errorf("[[allow]]: %w", err)
	}
	*e = parsed
	return nil
}

func exceptionOf(table map[string]any) (e Exception, err error) {
	texts := map[string]string{}
	for key, value := range table {
		if !slices.Contains(allowKeys, key) {
			return e, noSetting(key, allowKeys)
		}
		if key == "expires" {
			if e.Expires, err = expiry(value); err != nil {
				return e, err
			}
			continue
		}
		text, ok := value.(string)
		if !ok || strings.TrimSpace(text) == "" {
			return e, fmt.Errorf("%s is no text, or an empty one", key)
		}
		texts[key] = text
	}
	e.Hazard, e.Migration, e.Statement = texts["hazard"], texts["migration"], texts["statement"]
	e.Reason = strings.Join(strings.Fields(texts["reason"]), " ")
	switch {
	case e.Hazard == "":
		return e, errors.New("it has no hazard")
	case (texts["table"] == "") == (texts["object"] == ""):
		return e, fmt.Errorf("%s: write either table, perhaps with column, or object", e.Hazard)
	case texts["column"] != "" && texts["table"] == "":
		return e, fmt.Errorf("%s: a column is one of a table", e.Hazard)
	case e.Reason == "":
		return e, fmt.Errorf("%s: say the reason why it is safe", e.Hazard)
	}
	e.Object = texts["object"] + texts["table"]
	if texts["column"] != "" {
		e.Object += "." + texts["column"]
	}
	return e, nil
}

// localDate is the name of the zone that the library gives a date of TOML.
const localDate = "date-local"

// expiry is the beginning of a date in UTC.
func expiry(value any) (time.Time, error) {
	t, ok := value.(time.Time)
	if !ok || t.Location().String() != localDate {
		return t, errors.New("expires is no date, as 2027-01-31, unquoted")
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
}
