package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// codeInFailedTransaction is the server's answer to what it ignores.
const codeInFailedTransaction = "25P02"

// Pass implements guard.Gate: what needs no question to the catalogs and no
// row in the ledger is only put on record.
func (g *gate) Pass(st guard.Statement) (ended func(tag string, err error)) {
	p := st.Data.(plan)
	if !g.passes(p) {
		return nil
	}
	a := &act{gate: g, plan: p, text: st.SQL, began: time.Now(), verdict: judge.Allow}
	return func(tag string, err error) {
		var server *guard.ServerError
		if errors.As(err, &server) && server.SQLState() == codeInFailedTransaction {
			return
		}
		if err != nil {
			g.forget()
		}
		g.add(a.finish(tag, err))
	}
}

// passes tells the statements that carryOut would do nothing about but run
// them, without care for their locks. While a shim stands, something stays or waits, or
// an index is to be built, that is none: each has its names compared, and its errors explained.
func (g *gate) passes(p plan) bool {
	g.mu.Lock()
	busy := len(g.standing)+len(g.owes) > 0 || g.withholds || g.defers || g.hidden.schema || g.hidden.queries
	g.mu.Unlock()
	if busy || g.tasks.failed() != nil || p.unjudged != "" || p.said.wrong != nil || p.said.directives != nil || p.watched || p.Class != ddl.Schema || !p.Alone && slices.ContainsFunc(p.Locks, g.isStrong) {
		return false
	}
	for _, change := range p.Changes {
		if _, needed := g.asks(change); needed || g.keeps(change) || definesCode(change) {
			return false
		}
	}
	return true
}

// definesCode tells what may make other statements run code that they do not show.
func definesCode(change ddl.Change) bool {
	switch change.(type) {
	case ddl.CreateFunction, ddl.CreateTrigger:
		return true
	}
	return false
}

// finish is the statement's record.
func (a *act) finish(tag string, err error) report.Statement {
	s := report.Statement{
		Text: a.text, Tag: tag, Verdict: string(a.verdict),
		Changes: a.plan.Changes, Executed: a.executed, Locks: a.locks, Notes: a.notes,
		Duration: time.Since(a.began),
	}
	for _, f := range slices.Concat(a.findings, a.covered) {
		s.Hazards = append(s.Hazards, reportHazard(f))
	}
	for _, f := range a.said {
		h := reportHazard(f)
		h.Said = true
		s.Hazards = append(s.Hazards, h)
	}
	for _, f := range a.allowed {
		h := reportHazard(f.Finding)
		h.Allowed, h.AllowedBy, h.Reason = true, f.By.By, f.By.Reason
		s.Hazards = append(s.Hazards, h)
	}
	for _, f := range a.unused {
		h := reportHazard(f)
		h.Unused = true
		s.Hazards = append(s.Hazards, h)
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

func reportHazard(f hazard.Finding) report.Hazard {
	return report.Hazard{ID: f.Hazard.ID, Kind: string(f.Hazard.Kind), Relation: f.Relation,
		Column: f.Column, Message: f.Message, Evidence: f.Detail}
}

// reportExceptions are those of the policy with what became of them.
func reportExceptions(policy *judge.Policy) []report.Exception {
	var all []report.Exception
	for _, e := range policy.Exceptions() {
		r := report.Exception{Hazard: e.Hazard, Object: e.Object, By: e.By, State: string(e.State),
			Reason: e.Reason, Migration: e.Migration, Statement: e.Statement}
		if !e.Expires.IsZero() {
			r.Expires = &e.Expires
		}
		all = append(all, r)
	}
	return all
}

// ledgerStatements are records in the ledger's form.
func ledgerStatements(all []report.Statement) ([]ledger.Statement, error) {
	records := make([]ledger.Statement, 0, len(all))
	for _, s := range all {
		record, err := ledgerStatement(s)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

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
