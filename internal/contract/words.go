package contract

import "strings"

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

// describe says what a use does, without where.
func describe(u Use) string {
	who := "SQL"
	switch u.Origin {
	case Model:
		who = "model " + u.By
	case Table:
		who = u.By
	}
	var does []string
	add := func(word string, columns Columns) {
		if !columns.Empty() {
			does = append(does, word+" "+columns.String())
		}
	}
	if u.Adds && u.Reads.All && u.Reads.compare(u.Updates) == 0 && u.Reads.compare(u.Inserts) == 0 {
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
	if len(does) == 0 {
		return who + " names it"
	}
	return who + " " + strings.Join(does, "; ")
}
