package release

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// asks tells what the catalogs have to be asked about a change, if anything.
func (g *gate) asks(change ddl.Change) (n pg.Names, needed bool) {
	var relation ddl.Name
	if table, works := mayWork(change); works && !g.hasMade(table) {
		relation, n.Size = table, true
	}
	switch c := change.(type) {
	case ddl.CreateIndex:
		if c.Concurrently || g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Size = c.Relation, true
		n.Target = ddl.Literal(c.Name)
	case ddl.RenameTable:
		relation = c.Relation
		n.Target = ddl.Literal(c.To)
	case ddl.SetSchema:
		relation = c.Relation
	case ddl.RenameColumn:
		relation = c.Relation
	case ddl.DropTable:
		relation = c.Relation
	case ddl.DropView:
		relation, n.Writable = c.Relation, true
	case ddl.DropColumn:
		relation = c.Relation
	case ddl.DropIndex:
		n.Index, n.Arbiters = ddl.Literal(c.Index.String()), true
	case ddl.DropConstraint:
		if g.hasMade(c.Relation) {
			return n, false
		}
		relation, n.Arbiters = c.Relation, true
	case ddl.DropSchema:
		n.Schema = ddl.Literal(c.Schema)
	case ddl.RenameSchema:
		n.Schema = ddl.Literal(c.Schema)
	default:
		if name, may := mayExist(change); may {
			relation = name
		}
		if relation.Name == "" {
			return n, false
		}
	}
	if relation.Name != "" {
		n.Relation = ddl.Literal(relation.String())
	}
	return n, true
}

// mayWork is the table of a change that may take as long as it is large.
func mayWork(change ddl.Change) (table ddl.Name, works bool) {
	switch c := change.(type) {
	case ddl.AddConstraint:
		return c.Relation, !c.InCreate && !c.NotValid
	case ddl.SetLogged:
		return c.Relation, true
	case ddl.SetTablespace:
		return c.Relation, true
	case ddl.SetAccessMethod:
		return c.Relation, true
	case ddl.Cluster:
		return c.Relation, true
	case ddl.Vacuum:
		return c.Relation, c.Full
	}
	if hazard.TriedOnCopy(change) {
		return change.Relations()[0], true
	}
	return ddl.Name{}, false
}

// mayExist is what a change creates unless, or although, it is there.
func mayExist(change ddl.Change) (ddl.Name, bool) {
	switch c := change.(type) {
	case ddl.CreateTable:
		return c.Relation, c.IfNotExists
	case ddl.CreateView:
		return c.Relation, c.Replace
	case ddl.CreateMaterializedView:
		return c.Relation, c.IfNotExists
	case ddl.AddColumn:
		return c.Relation, c.IfNotExists
	}
	return ddl.Name{}, false
}

func (a *act) lookup(ctx context.Context, n pg.Names) (catalog.Lookup, error) {
	doc, err := a.document(ctx, pg.Lookup(n, ledger.CreatedFrom, ledger.StandingFrom))
	if err != nil {
		return catalog.Lookup{}, explained(err)
	}
	return catalog.DecodeLookup(doc)
}

// document is the answer to one of the queries that give one in hex.
func (a *act) document(ctx context.Context, query string) ([]byte, error) {
	rows, err := a.conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] == nil {
		return nil, errors.New("read the catalogs: no answer")
	}
	doc, err := hex.DecodeString(*rows[0][0])
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	return doc, nil
}

const codeInsufficientPrivilege = "42501"

// ledgerNames recognises the ledger's schema and tables in a server's message,
// in whatever language.
var ledgerNames = regexp.MustCompile(`\b(migguard|created|shim|task|release)\b`)

// explained says what is missing when the session's role may not use the
// ledger.
func explained(err error) error {
	var server *guard.ServerError
	if errors.As(err, &server) && server.SQLState() == codeInsufficientPrivilege && ledgerNames.MatchString(server.Response.Message) {
		server.Response.Detail = "migguard keeps its ledger in schema migguard and writes it as the role that migrates, which is not the one this session logged in with."
		server.Response.Hint = "Leave SET ROLE out of the migration, or let that role at the ledger: GRANT USAGE ON SCHEMA migguard TO the_role; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA migguard TO the_role;"
	}
	return err
}
