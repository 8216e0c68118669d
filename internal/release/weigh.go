package release

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/relay"
)

// maxWeighed bounds the shapes of texts that are known to write few rows.
const maxWeighed = 4096

// mayWriteMany tells a plain text that is to be parsed, to be weighed perhaps. What
// could not be parsed passes.
func (g *gate) mayWriteMany(sql string, set guard.Settings) bool {
	if g.idle || len(sql) > relay.MaxParsed || set.ClientEncoding != "UTF8" && !ascii(sql) {
		return false
	}
	first := strings.TrimLeft(sql, " \t\r\n")
	first, _, _ = strings.Cut(first[:min(len(first), len("update "))], " ")
	switch strings.ToLower(first) {
	case "select", "insert", "values", "table", "show":
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.weighed[ddl.ShapeOf(sql)]
}

// isToWeigh tells a statement whose rows are to be counted. The caller holds mu.
func (g *gate) isToWeigh(st ddl.Statement) bool {
	return !g.idle && has[ddl.WriteRows](st.Changes) && !g.weighed[ddl.ShapeOf(st.Text)]
}

// isLight remembers that statements like one write few rows. Texts may have been
// looked at before.
func (a *act) isLight() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.weighed) >= maxWeighed {
		clear(a.weighed)
	}
	a.weighed[ddl.ShapeOf(a.text)] = true
	clear(a.cache)
}

// weigh judges an UPDATE, DELETE or MERGE by how many rows it will lock.
func (a *act) weigh(ctx context.Context, c ddl.WriteRows) error {
	a.mu.Lock()
	weighs := a.isToWeigh(a.plan.Statement)
	a.mu.Unlock()
	if !weighs || a.hasMade(c.Relation) {
		return nil
	}
	// Outside a block what the catalogs are asked would end the client's portal.
	if err := a.conn.Block(ctx); err != nil {
		return err
	}
	found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(c.Relation.String()), Size: true})
	if err != nil {
		return err
	}
	if !a.policy.Large(found) {
		a.isLight()
		return nil
	}
	if found.Touched, err = a.touched(ctx); err != nil {
		return err
	}
	if found.Touched == nil || !a.policy.Many(*found.Touched) {
		a.isLight()
		return nil
	}
	locked, err := a.ask(ctx, pg.StrongLocks(ledger.CreatedFrom))
	if err != nil {
		return err
	}
	found.Locked = locked.Scans
	d := judge.Decide(c, a.facts(found), a.policy)
	a.keep(d)
	switch d.Verdict {
	case judge.Refuse:
		return a.refuse(d)
	case judge.Maintenance:
		return a.maintain(ctx, d)
	}
	return nil
}

// weighed is the name of the statement that EXPLAIN is asked about.
const weighed = "migguard_weighed"

// touched is how many rows the planner expects the statement to change, whatever its
// parameters; nil: it does not say. What is wrong with the statement the server says
// when it runs.
func (a *act) touched(ctx context.Context) (*float64, error) {
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return nil, err
	}
	answer, prepared, err := a.explain(ctx)
	var server *guard.ServerError
	if err != nil && !errors.As(err, &server) {
		return nil, err
	}
	back := []string{"ROLLBACK TO SAVEPOINT " + probeSavepoint, "RELEASE SAVEPOINT " + probeSavepoint}
	if prepared { // which no rollback takes back
		back = append(back, "DEALLOCATE "+weighed)
	}
	if err := a.conn.Exec(ctx, back...); err != nil {
		return nil, err
	}
	var plans []struct{ Plan planned }
	if err != nil || json.Unmarshal([]byte(answer), &plans) != nil {
		return nil, nil
	}
	var most float64
	for _, p := range plans { // several where a rule adds statements
		most = max(most, p.Plan.writes())
	}
	return &most, nil
}

// explain is the generic plan of the statement, as JSON. Its parameters are those of
// the client's message, so it is prepared by SQL.
func (a *act) explain(ctx context.Context) (answer string, prepared bool, err error) {
	if err := a.conn.Exec(ctx, "SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE "+weighed+" AS "+a.text); err != nil {
		return "", false, err
	}
	rows, err := a.conn.Query(ctx, pg.NullParameters(ddl.Literal(weighed)))
	if err != nil {
		return "", true, err
	}
	rows, err = a.conn.Query(ctx, "EXPLAIN (FORMAT JSON) EXECUTE "+weighed+*rows[0][0])
	if err != nil {
		return "", true, err
	}
	return *rows[0][0], true, nil
}

// A planned is a node of a plan (ExplainNode, src/backend/commands/explain.c).
type planned struct {
	Type string  `json:"Node Type"`
	Rows float64 `json:"Plan Rows"`
	// Relationship is to the node above: Outer, InitPlan or SubPlan.
	Relationship string `json:"Parent Relationship"`
	Plans        []planned
}

// writes is how many rows its nodes that write get, those of each below them.
func (p planned) writes() (rows float64) {
	for _, below := range p.Plans {
		if p.Type == "ModifyTable" && !slices.Contains([]string{"InitPlan", "SubPlan"}, below.Relationship) {
			rows += below.Rows
		} else {
			rows += below.writes()
		}
	}
	return rows
}
