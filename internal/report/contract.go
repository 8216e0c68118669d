package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/migguard/migguard/internal/contract"
)

// maxReasons is how many reasons of an answer people are shown.
const maxReasons = 20

// Contract writes what a build needs for people: its relations, and what was
// not understood.
func Contract(w io.Writer, c *contract.Contract) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, s := range c.Sources {
		fmt.Fprintf(t, "%s: %d files, %.1f MB; %d models, %d relations, %d gaps; %d queries known to the letter\n", s.Scanner, s.Files, float64(s.Bytes)/1e6, s.Models, len(c.Relations), len(c.Gaps), len(c.Texts))
		if s.TextsLeft > 0 {
			fmt.Fprintf(t, "%d more of these, the longest, are not in the contract, and no run replays them: there is room for %d kB\n", s.TextsLeft, contract.MaxTexts>>10)
		}
	}
	if len(c.Relations) > 0 {
		fmt.Fprintln(t, "\nRELATION\tMODELS\tSQL\tCOLUMNS")
	}
	for _, r := range c.Relations {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", r.Name, modelsOf(r), usesFrom(r.Uses, contract.SQL), columnsOf(r))
	}
	if len(c.Gaps) > 0 {
		fmt.Fprintln(t, "\nNOT UNDERSTOOD\tREACHES\tPLACES\tFIRST")
	}
	for _, g := range groups(c.Gaps) {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\n", g.why, g.reach, g.count, place(g.first))
	}
	if len(c.Paths) > 0 {
		fmt.Fprintln(t, "\nMAY LOOK ELSEWHERE FOR TABLES\tAT")
	}
	for _, p := range c.Paths {
		fmt.Fprintf(t, "%s\t%s\n", p.Why, place(p.At))
	}
	prepares := c.Prepares()
	fmt.Fprintf(t, "\nPREPARED STATEMENTS: %s\tAT\n", strings.ToUpper(known(prepares.Verdict)))
	for _, r := range prepares.Reasons[:min(len(prepares.Reasons), maxReasons)] {
		fmt.Fprintf(t, "%s\t%s\n", r.Text, place(r.At))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\nWhy one is used, or may be: migguard scan --explain TABLE.COLUMN")
	return err
}

// known is a verdict in words.
func known(v contract.Verdict) string {
	if v == contract.Unknown {
		return "not known"
	}
	return string(v)
}

func modelsOf(r contract.Relation) string {
	models := r.Models()
	switch {
	case len(models) == 0 && usesFrom(r.Uses, contract.Table) > 0:
		return "(joins two)"
	case len(models) == 0:
		return "-"
	case len(models) > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(models[:3], ", "), len(models)-3)
	}
	return strings.Join(models, ", ")
}

func usesFrom(uses []contract.Use, origin contract.Origin) int {
	n := 0
	for _, u := range uses {
		if u.Origin == origin {
			n++
		}
	}
	return n
}

// columnsOf says which columns a relation's uses reach together.
func columnsOf(r contract.Relation) string {
	var named, except []string
	all := false
	for _, u := range r.Uses {
		for _, set := range []contract.Columns{u.Reads, u.Updates, u.Inserts} {
			switch {
			case set.All && !all:
				all, except = true, set.Except
			case set.All:
				except = slices.DeleteFunc(slices.Clone(except), func(s string) bool { return set.Has(s) })
			}
			named = append(named, set.Names...)
		}
	}
	how := "read and written: "
	if r.ReadOnly() {
		how = "read: "
	}
	slices.Sort(named)
	named = slices.Compact(named)
	if all {
		except = slices.DeleteFunc(slices.Clone(except), func(s string) bool { return slices.Contains(named, s) })
		return how + contract.Every(except...).String()
	}
	if len(named) > 6 {
		return fmt.Sprintf("%s%s and %d more", how, strings.Join(named[:6], ", "), len(named)-6)
	}
	return how + strings.Join(named, ", ")
}

type gapGroup struct {
	why, reach string
	count      int
	first      contract.Evidence
}

// groups joins gaps of one reason, those that reach furthest first.
func groups(gaps []contract.Gap) []gapGroup {
	var all []gapGroup
	index := make(map[[2]string]int)
	for _, g := range gaps {
		reach := string(g.Reach)
		switch {
		case g.Reach == contract.Within:
			reach = "its relation"
		case g.Reach == contract.Anything && g.Column != "":
			reach = "its column"
		case g.Reach == contract.Unclaimed:
			reach = "tables without a model"
		}
		key := [2]string{sameWhy(g.Why), reach}
		at, ok := index[key]
		if !ok {
			at = len(all)
			index[key] = at
			all = append(all, gapGroup{key[0], reach, 0, g.At})
		}
		all[at].count++
	}
	return all
}

// sameWhy makes one reason of those that differ in a number in front.
func sameWhy(why string) string {
	return strings.TrimLeft(why, "0123456789 ")
}

func place(at contract.Evidence) string {
	switch {
	case at.File == "":
		return "."
	case at.Line == 0:
		return at.File
	}
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}
