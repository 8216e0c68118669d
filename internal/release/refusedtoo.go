package release

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
)

// spokenMore bounds the other findings that a refusal tells: the report has all.
const spokenMore = 3

// also tells what else a statement is refused for, each in a sentence.
func also(more []hazard.Finding) string {
	said := fmt.Sprintf("The statement is refused for %d more:", len(more))
	for i, f := range more {
		if i == spokenMore {
			return said + fmt.Sprintf(" And %d others.", len(more)-i)
		}
		said += fmt.Sprintf(" %s (%s).", f.Message, f.Hazard.ID)
	}
	return said
}

// exception is an exception as a hint says it, for a shell.
var exception = regexp.MustCompile(`--allow (?:'(?:[^']|'\\'')*'|\S+)`)

// exceptToo is what a hint that ends with an exception, which is one finding's, has to go
// on with for the others to pass, too.
func exceptToo(hint string, more []hazard.Finding) (rest string) {
	if at := exception.FindStringIndex(hint); at == nil || at[1] != len(hint) {
		return ""
	}
	for _, f := range more {
		if e := exception.FindString(f.Hint); e != "" && !strings.Contains(hint+rest+" ", e+" ") {
			rest += " " + e
		}
	}
	return rest
}

// refusedToo are the findings of the changes behind one that is refused: who mends the
// statement is to hear of all at once. What cannot be looked at, or is skipped, is found
// when it comes again.
func (a *act) refusedToo(ctx context.Context, i int, found []hazard.Finding, skip func(ddl.Change) bool) []hazard.Finding {
	found = slices.Clip(found)
	for i++; i < len(a.plan.Changes); i++ {
		if skip(a.plan.Changes[i]) {
			continue
		}
		d, _, err := a.decide(ctx, i)
		if err != nil {
			break
		}
		if d.Verdict == judge.Refuse {
			found = joined(found, d.Findings)
		}
	}
	return found
}

// refusedBeside is refusedToo for what a statement turned out to do.
func (a *act) refusedBeside(ctx context.Context, found []hazard.Finding, others []catalog.Effect) []hazard.Finding {
	found = slices.Clip(found)
	for _, e := range others {
		facts := a.facts(catalog.Lookup{Relation: &e.Before})
		facts.Done = true
		d, err := a.judge(ctx, change(e), facts)
		if err != nil {
			break
		}
		a.keep(d)
		if d.Verdict != judge.Allow && d.Verdict != judge.Maintenance {
			found = joined(found, d.Findings)
		}
	}
	return found
}

// joined is findings and others, each once.
func joined(found, others []hazard.Finding) []hazard.Finding {
	for _, f := range others {
		if !contains(found, f) {
			found = append(found, f)
		}
	}
	return found
}

// judgeEffect judges an effect as the change that would have had it. Others, which are still
// to be judged, are told with it where it is refused.
func (a *act) judgeEffect(ctx context.Context, change ddl.Change, found catalog.Lookup, others ...catalog.Effect) error {
	facts := a.facts(found)
	facts.Done = true
	d, err := a.judge(ctx, change, facts)
	if err != nil {
		return err
	}
	a.keep(d)
	if len(d.Pending) > 0 {
		if a.ending {
			return a.judgeEnd(ctx, change, found)
		}
		return a.judgeAtCommit(ctx, change, found)
	}
	switch d.Verdict {
	case judge.Allow:
		return nil
	case judge.Maintenance:
		// The statement has run: it can only be taken back for
		// maintenance to be entered.
		a.alone = false
		return a.maintain(ctx, d)
	}
	d.Findings = a.refusedBeside(ctx, d.Findings, others)
	return a.refuseEffect(d)
}
