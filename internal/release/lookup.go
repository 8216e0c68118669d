package release

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

func (a *act) lookup(ctx context.Context, n pg.Names) (catalog.Lookup, error) {
	doc, err := a.document(ctx, pg.Lookup(n, ledger.CreatedFrom, ledger.StandingFrom))
	if err != nil {
		return catalog.Lookup{}, explained(err)
	}
	l, err := catalog.DecodeLookup(doc)
	if r := l.Relation; r != nil && r.Kind == catalog.Sequence {
		r.Created = a.newName(catalog.SymbolID{Class: catalog.RelationClass, OID: r.OID}, r.Schema, r.Name) // the ledger holds none
	}
	if err != nil || l.Relation == nil || !l.Relation.InHierarchy() {
		return l, err
	}
	if doc, err = a.document(ctx, pg.Family(l.Relation.OID)); err != nil {
		return catalog.Lookup{}, explained(err)
	}
	l.Relation.Family, err = family(doc)
	return l, err
}

// family are the other tables of a hierarchy; nil where there are too many.
func family(doc []byte) ([]catalog.Member, error) {
	all, err := catalog.DecodeFamily(doc)
	if len(all) > pg.MaxFamily {
		return nil, nil
	}
	return all, err
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

// document is act.document over a session of migguard's own.
func document(ctx context.Context, conn *pgx.Conn, query string) ([]byte, error) {
	var text string
	if err := conn.QueryRow(ctx, query).Scan(&text); err != nil {
		return nil, err
	}
	return hex.DecodeString(text)
}

const codeInsufficientPrivilege = "42501"

// ledgerNames recognises the ledger's schema and tables in a server's message,
// in whatever language.
var ledgerNames = regexp.MustCompile(`\b(migguard|created|shim|task|deferred|withheld|release)\b`)

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
