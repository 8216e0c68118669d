package release

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// SQLSTATEs of what cannot run inside a transaction block, and of several
// statements where there may be one.
const (
	codeActiveTransaction  = "25001"
	codeInvalidTermination = "2D000"
	codeSyntaxError        = "42601"
)

// ledgerSchema is where the ledger is.
const ledgerSchema = "migguard"

// watch executes a statement whose effects its text does not show, and
// compares the catalogs before and after it. What code could notice is judged
// like the change it is; a refusal rolls it back. What is new is recorded as
// created.
func (a *act) watch(ctx context.Context) (string, error) {
	if err := a.checkHidden(ctx); err != nil {
		return "", err
	}
	if err := a.settleHidden(ctx); err != nil {
		return "", err
	}
	before, err := a.snapshot(ctx)
	if err != nil {
		return "", err
	}
	symbols, err := a.symbols(ctx)
	if err != nil {
		return "", err
	}
	demands, err := a.demands(ctx)
	if err != nil {
		return "", err
	}
	logins, err := a.sessionRows(ctx)
	if err != nil {
		return "", err
	}
	early, err := a.early(ctx)
	if err != nil {
		return "", err
	}
	tag, err := a.watched(ctx)
	if err != nil {
		return "", err
	}
	if err := a.checkEarly(ctx, early); err != nil {
		return "", err
	}
	after, err := a.snapshot(ctx)
	if err != nil {
		return "", err
	}
	if err := a.judgeEffects(ctx, before, after); err != nil {
		return "", err
	}
	if err := a.judgeSymbols(ctx, symbols, after); err != nil {
		return "", err
	}
	if err := a.judgeSessions(ctx, logins); err != nil {
		return "", err
	}
	var created []ledger.Object
	for _, o := range catalog.Added(before, after) {
		created = append(created, ledger.Object{Relation: o.Relation, Attnum: o.Column})
	}
	if created != nil {
		if err := explained(a.conn.Exec(ctx, ledger.RecordCreatedSQL(a.releaseID, created...))); err != nil {
			return "", err
		}
	}
	return tag, a.judgeDemands(ctx, demands, before)
}

// severalMaybe tells whether a text that could not be parsed, and so perhaps
// not be split, may hold a second statement: a COMMIT, say.
func severalMaybe(sql string) bool { return strings.Contains(sql, ";") }

// watched executes the statement. What may be several goes by the extended
// protocol, where the server takes one only.
func (a *act) watched(ctx context.Context) (string, error) {
	if a.forwards() {
		tag, err := a.conn.Forward(ctx)
		return tag, inBlock(err)
	}
	tag, err := a.conn.Run(ctx)
	var server *guard.ServerError
	if a.plan.Class == ddl.Unparsed && errors.As(err, &server) && server.SQLState() == codeSyntaxError && server.Response.Position == 0 {
		return "", a.unjudged("its text could not be split into statements: "+a.plan.Err.Error(),
			"Send each of its statements in a message of its own.")
	}
	return tag, inBlock(err)
}

func (a *act) judgeEffects(ctx context.Context, before, after catalog.Snapshot) error {
	effects := catalog.Diff(before, after)
	if len(effects) == 0 {
		return nil
	}
	for _, e := range effects {
		if e.Before.Schema == ledgerSchema { // before it is asked anything
			return a.refuseEffect(judge.Decide(change(e), judge.Facts{Lookup: catalog.Lookup{Relation: &e.Before}}, nil))
		}
	}
	created, shims, err := a.known(ctx)
	if err != nil {
		return err
	}
	var noticed []catalog.Effect
	var lost *catalog.Relation
	for _, e := range effects {
		if table, ok := shims[e.Before.OID]; ok {
			if _, stays := after[table]; stays || before[table].Kind == catalog.View {
				lost = &e.Before
				break
			}
			continue // its table's end is judged
		}
		if a.hasReplaced(e.Before.OID) {
			continue
		}
		if covered(e, effects, created) {
			continue
		}
		e.Before.Created = created[ledger.Object{Relation: e.Before.OID}]
		for i, c := range e.Before.Columns {
			e.Before.Columns[i].Created = created[ledger.Object{Relation: e.Before.OID, Attnum: c.Number}]
		}
		noticed = append(noticed, e)
	}
	for i, e := range noticed {
		if e.Before.InHierarchy() {
			doc, err := a.outside.document(ctx, pg.Family(e.Before.OID)) // as it was
			if err != nil {
				return a.unseen(err)
			}
			if e.Before.Family, err = family(doc); err != nil {
				return err
			}
		}
		if err := a.judgeEffect(ctx, change(e), catalog.Lookup{Relation: &e.Before}, noticed[i+1:]...); err != nil {
			return err
		}
	}
	if lost != nil {
		return a.shimLost(*lost)
	}
	return nil
}

// covered tells what happened to a partition only because it happened to its
// parent, which is judged itself. A parent that is as new as the statement
// covers no partition that is older.
func covered(e catalog.Effect, effects []catalog.Effect, created map[ledger.Object]bool) bool {
	for _, parent := range effects {
		if parent.Covers(e) && !created[ledger.Object{Relation: parent.Before.OID}] {
			return true
		}
	}
	return false
}

// change is an effect as the change that would have had it.
func change(e catalog.Effect) ddl.Change {
	name := ddl.Name{Schema: e.Before.Schema, Name: e.Before.Name}
	switch {
	case e.After == nil && (e.Before.Kind == catalog.View || e.Before.Kind == catalog.MaterializedView):
		return ddl.DropView{Relation: name}
	case e.After == nil:
		return ddl.DropTable{Relation: name}
	case e.Moved() && e.After.Schema != e.Before.Schema:
		return ddl.SetSchema{Relation: name, Schema: e.After.Schema}
	case e.Moved():
		return ddl.RenameTable{Relation: name, To: e.After.Name}
	case e.NewColumn == "":
		return ddl.DropColumn{Relation: name, Column: e.Column.Name}
	}
	return ddl.RenameColumn{Relation: name, Column: e.Column.Name, To: e.NewColumn}
}

// known reads what the ledger knows of objects: those created, and the shims'
// views with the tables they stand for.
func (a *act) known(ctx context.Context) (created map[ledger.Object]bool, shims map[uint32]uint32, err error) {
	rows, err := a.conn.Query(ctx, ledger.CreatedSQL)
	if err != nil {
		return nil, nil, explained(err)
	}
	created = make(map[ledger.Object]bool, len(rows))
	for _, row := range rows {
		attnum, err := strconv.ParseInt(*row[1], 10, 16)
		if err != nil {
			return nil, nil, err
		}
		created[ledger.Object{Relation: oid(row[0]), Attnum: int16(attnum)}] = true
	}
	rows, err = a.conn.Query(ctx, "SELECT view::pg_catalog.int8, relation::pg_catalog.int8 FROM "+ledger.StandingFrom)
	if err != nil {
		return nil, nil, explained(err)
	}
	shims = make(map[uint32]uint32, len(rows))
	for _, row := range rows {
		shims[oid(row[0])] = oid(row[1])
	}
	return created, shims, nil
}

// oid reads a number the server has printed; 0, which nothing has, for NULL.
func oid(text *string) uint32 {
	if text == nil {
		return 0
	}
	n, _ := strconv.ParseUint(*text, 10, 32)
	return uint32(n)
}

func (a *act) snapshot(ctx context.Context) (catalog.Snapshot, error) {
	doc, err := a.document(ctx, pg.Snapshot)
	if err != nil {
		return nil, err
	}
	return catalog.DecodeSnapshot(doc)
}

// inBlock explains errors that the block around a watched statement causes.
func inBlock(err error) error {
	var server *guard.ServerError
	if errors.As(err, &server) && (server.SQLState() == codeActiveTransaction || server.SQLState() == codeInvalidTermination) {
		server.Response.Detail = "migguard runs it in a transaction, because only its effect shows what it changes, and it could not be taken back otherwise."
		server.Response.Hint = "Write the statements out in the migration instead of running them in a block or procedure that ends transactions."
	}
	return err
}
