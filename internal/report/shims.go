package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Shims writes a table of shims.
func Shims(w io.Writer, shims []Shim) error {
	if len(shims) == 0 {
		_, err := fmt.Fprintln(w, "No shims stand.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tTABLE\tKIND\tMADE BY\tBUILD\tAGE")
	for _, s := range shims {
		build := s.Build
		if build == "" {
			build = "unknown"
		}
		age := s.Age
		if s.Overdue {
			age += ", overdue"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Name, s.Relation, s.Kind, s.Release, build, age)
	}
	err := t.Flush()
	for _, s := range shims {
		if s.Waits != "" && err == nil {
			_, err = fmt.Fprintf(w, "%s waits: %s\n", s.Name, s.Waits)
		}
		if s.Help != "" && err == nil {
			_, err = fmt.Fprintf(w, "%s is overdue: %s\n", s.Name, s.Help)
		}
	}
	return err
}

// Overdue points out what should have gone by now, and what people may do about it.
func (r *Reporter) Overdue(shims []Shim) {
	var all []string
	var help string
	for _, s := range shims {
		if !s.Overdue {
			continue
		}
		all = append(all, fmt.Sprintf("%s (%s, %s)", s.Name, s.Release, s.Age))
		if s.Help != "" {
			help += "\nhelp  " + s.Help
		}
	}
	if len(all) > 0 {
		r.Line("overdue: %s; \"migguard shims drop --due\" ends what may go, and says what the rest waits for%s", strings.Join(all, ", "), help)
	}
}

// A Kept is what a migration has dropped and somebody has kept.
type Kept struct {
	Shim
	// Undo is the SQL that takes back what was changed for code that does not know
	// it.
	Undo []string `json:"undo"`
}

// WriteKept says that it stays, and what may be put back.
func WriteKept(w io.Writer, k Kept) error {
	if k.awaited() {
		_, err := fmt.Fprintf(w, "%s is given up: no later run makes it.\n", k.Name)
		return err
	}
	fmt.Fprintf(w, "%s stays for good.\n", k.Name)
	if len(k.Undo) > 0 {
		fmt.Fprintf(w, "This was changed for code that does not know it, and this puts it back:\n")
	}
	var err error
	for _, sql := range k.Undo {
		_, err = fmt.Fprintf(w, "  %s;\n", sql)
	}
	return err
}

// WriteDropped says what is gone.
func WriteDropped(w io.Writer, dropped []Shim) (err error) {
	if len(dropped) == 0 {
		_, err = fmt.Fprintln(w, "Nothing was dropped.")
	}
	for _, s := range dropped {
		how := "dropped"
		if s.awaited() {
			how = "made"
		}
		_, err = fmt.Fprintf(w, "%s is %s.\n", s.Name, how)
	}
	return err
}

// awaited tells what is made later from what is dropped later.
func (s Shim) awaited() bool {
	switch s.Kind {
	case "set-not-null", "drop-default", "add-constraint", "create-index":
		return true
	}
	return false
}
