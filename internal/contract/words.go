package contract

import (
	"fmt"
	"strings"
)

// String says the ways in the words of a sentence.
func (w Ways) String() string {
	switch w {
	case Reading:
		return "reads"
	case Updating:
		return "updates"
	case Inserting:
		return "inserts"
	case Writing:
		return "writes"
	}
	return "uses"
}

// Seen says how often a query was run, and its text.
func (u Use) Seen() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a query seen %s", times(u.Calls))
	if !u.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", u.Since.UTC().Format("2006-01-02 15:04 UTC"))
	}
	switch u.Recent {
	case Yes:
		b.WriteString(", and since the last release")
	case No:
		b.WriteString(", but not since the last release")
	case Unknown:
		b.WriteString(", perhaps not since the last release")
	}
	fmt.Fprintf(&b, " (%s)", u.At.Text)
	return b.String()
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// who says whose use it is.
func who(u Use) string {
	switch u.Origin {
	case Model:
		return "model " + u.By
	case Table:
		return u.By
	case Query:
		return u.Seen()
	}
	return "SQL"
}

// describe says what a use does, without where.
func describe(u Use) string {
	who := who(u)
	var does []string
	add := func(word string, columns Columns) {
		if !columns.Empty() {
			does = append(does, word+" "+columns.String())
		}
	}
	if u.Adds && u.Reads.All && u.Reads.compare(u.Updates) == 0 && u.Reads.compare(u.Inserts) == 0 && u.Arbiters == nil {
		add("reads and writes", u.Reads)
		return who + " " + does[0]
	}
	add("reads", u.Reads)
	add("updates", u.Updates)
	if u.Adds && u.Inserts.Empty() {
		does = append(does, "inserts rows")
	} else if u.Adds {
		add("inserts", u.Inserts)
	}
	for _, a := range u.Arbiters {
		does = append(does, "has ON CONFLICT of "+a.String())
	}
	if len(does) == 0 {
		return who + " names it"
	}
	return who + " " + strings.Join(does, "; ")
}
