package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// finish is the statement's record.
func (a *act) finish(tag string, err error) report.Statement {
	s := report.Statement{
		Text: a.text, Tag: tag, Verdict: string(a.verdict),
		Changes: a.plan.Changes, Executed: a.executed, Notes: a.notes,
		Duration: time.Since(a.began),
	}
	for _, f := range a.findings {
		s.Hazards = append(s.Hazards, reportHazard(f, false))
	}
	for _, f := range a.allowed {
		s.Hazards = append(s.Hazards, reportHazard(f, true))
	}
	var refusal *guard.Refusal
	if errors.As(err, &refusal) {
		if refusal.Code != codeMaintenance {
			s.Verdict = string(judge.Refuse)
		}
		s.Error, s.Detail, s.Hint = refusal.Message, refusal.Detail, refusal.Hint
	} else if err != nil {
		s.Error = err.Error()
	}
	return s
}

func reportHazard(f hazard.Finding, allowed bool) report.Hazard {
	return report.Hazard{ID: f.Hazard.ID, Kind: string(f.Hazard.Kind), Relation: f.Relation,
		Column: f.Column, Message: f.Message, Evidence: f.Detail, Allowed: allowed}
}

// ledgerStatement is the record in the ledger's form.
func ledgerStatement(s report.Statement) (ledger.Statement, error) {
	changes, err := json.Marshal(s.Changes)
	if err != nil {
		return ledger.Statement{}, fmt.Errorf("record statement: %w", err)
	}
	hazards, err := json.Marshal(s.Hazards)
	if err != nil {
		return ledger.Statement{}, fmt.Errorf("record statement: %w", err)
	}
	return ledger.Statement{Text: s.Text, Tag: s.Tag, Changes: changes, Hazards: hazards,
		Verdict: s.Verdict, Executed: s.Executed, Duration: s.Duration, Error: s.Error}, nil
}
