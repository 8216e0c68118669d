package release_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// hinted is the exception that a hint names, as a shell would hand it on.
var hinted = regexp.MustCompile(`--allow ('(?:[^']|'\\'')*'|\S+)`)

// More statements that are refused for some hazards, beside the examples, where s.t and
// "T x" are like users.
var alsoHinted = map[*hazard.Hazard][]string{
	hazard.RejectedWrite: {
		"alter table users add check (notes <> '')", "create unique index on users (notes)", "create unique index named on users (notes)", "alter table users add unique (notes)",
		"alter table s.t add constraint short check (notes <> '')", "alter table s.t add check (notes <> '')", `alter table "T x" add constraint "a.b" check (notes <> '')`,
		`alter table s.t alter "may be" set not null`, "alter table s.t add foreign key (id) references users", "alter domain s.word add constraint short check (value <> '')",
		"create unique index unique_may on users (may); alter table users alter may set default 'x'"},
	hazard.StalePlan:       {"alter table users alter short type varchar(20)", `alter table users add "may be" int`},
	hazard.DroppedColumn:   {`alter table s.t drop "may be"`, `alter table "T x" drop "may be"`},
	hazard.DroppedTable:    {"drop table s.t", `drop table "T x"`},
	hazard.DroppedFunction: {"drop function s.f(int)"},
	hazard.DroppedSequence: {"drop sequence s.q"},
	hazard.DroppedType:     {"drop domain s.free"},
	hazard.RevokedRight:    {"revoke usage on schema s from public", "revoke execute on function s.f(int) from public"},
	hazard.UnfitSession:    {"alter role current_user set search_path = nowhere"},
}

// What a refusal says to write lets the statement pass, of each hazard.
func TestHintedExceptions(t *testing.T) {
	t.Parallel()
	for _, h := range hazard.All {
		for i, sql := range append([]string{h.Bad}, alsoHinted[h]...) {
			t.Run(h.ID+"/"+sql, func(t *testing.T) {
				t.Parallel()
				pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
					given := `create type mood as enum ('sad', 'ok'); create table users (id bigint primary key, notes text not null, mood mood not null default 'ok')`
					if i == 0 {
						given += ";" + h.Given
					} else {
						given += `; alter table users add may text, add short varchar(10); create schema s; grant usage on schema s to public; create domain s.word as text; create domain s.free as text; create sequence s.q; create function s.f(int) returns int language sql as 'select 1';
							create table s.t (like users, "may be" text, w s.word); create table "T x" (like s.t)`
					}
					hintsPass(t, db, h, sql, given)
				})
			})
		}
	}
}

// hintsPass follows the hints of one refusal after another, each in a database like the first.
func hintsPass(t *testing.T, db *pgtest.DB, h *hazard.Hazard, sql, given string) {
	o := options{large: h.Kind == hazard.BlocksTraffic, waits: true, policy: func(p *judge.Policy) (err error) {
		for _, h := range hazard.All {
			if !h.Tolerable {
				err = errors.Join(err, p.Choose("", h.ID, judge.Choice{Most: judge.Refuse}))
			}
		}
		return errors.Join(err, p.Choose("", hazard.RejectedWrite.ID, judge.Choice{Most: judge.Refuse}))
	}}
	switch h {
	case hazard.RenamedConstraint:
		o.code = naming("users", "users_notes_key")
	case hazard.StalePlan:
		o.code = []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true},
			[]contract.Relation{{Name: contract.Name{Name: "users"}, Uses: []contract.Use{{Origin: contract.SQL, Star: true, Reads: contract.Every()}}}}, nil)}}
	}
	switch h {
	case hazard.ChangedSession, hazard.RefusedLogin, hazard.UnfitSession: // of the server's role
		sql = "begin; " + sql + "; rollback"
	}
	rows := 1
	if h == hazard.LockedRows {
		rows = 20_000
	}
	for range 4 {
		b := setup(t, db.Server.NewDB(t), o, given, fmt.Sprintf("insert into users select i, 'x' || i from generate_series(1, %d) i", rows))
		_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
		var server *pgconn.PgError
		if !errors.As(err, &server) || !strings.HasPrefix(server.Code, "MG") {
			if own := func(e string) bool { return strings.HasPrefix(e, h.ID+":") }; !slices.ContainsFunc(o.allow, own) {
				t.Errorf("never refused for it: allowed %q, %s", o.allow, explain(err))
			}
			if err != nil && server.Code != "23502" { // which rows make of a NOT NULL that passes
				t.Error(explain(err))
			}
			return
		}
		found := hinted.FindStringSubmatch(server.Hint)
		if found == nil {
			t.Fatalf("no exception in %s", explain(err))
		}
		object := found[1]
		if strings.HasPrefix(object, "'") {
			object = strings.ReplaceAll(object[1:len(object)-1], `'\''`, "'")
		}
		o.allow = append(o.allow, strings.TrimRight(object, "."))
	}
	t.Errorf("refused still, with %q", o.allow)
}
