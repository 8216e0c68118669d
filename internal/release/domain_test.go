package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// domains are some that tables use, by way of another one, in partitions, and not.
const domains = `create domain word as text; create domain short as word; alter domain short add constraint s check (length(value) < 9) not valid; create domain filled as int not null;
	create domain free as text; create table a (id int primary key, n short, f filled); insert into a values (1, 'n', 1);
	create table p (w word) partition by list (w); create table p_1 partition of p default; insert into p values ('x');
	create table few (w word, x free); create materialized view m as select w from p`

// A constraint of a domain keeps others from writing to all tables that use it.
func TestBlockingDomain(t *testing.T) {
	t.Parallel()
	const write = "insert into a values (2, 'o', 1) on conflict do nothing"
	blocks(t, "MG006", map[string]blocking{
		"check":     {domains, "alter domain short add check (value <> 'z')", write},
		"of a base": {domains, "alter domain word add constraint w check (value <> 'z')", write},
		"partition": {domains, "alter domain word set not null", "insert into p values ('y')"},
		"validate":  {domains, "alter domain short validate constraint s", write},
		"not null":  {domains, "alter domain short set not null", write},
	})
	frees(t, options{large: true}, map[string]blocking{
		"not valid":        {domains, "alter domain short add check (value <> 'z') not valid", write},
		"not null already": {domains, "alter domain filled set not null", write},
		"small":            {domains, "alter domain free add check (value <> 'z')", "insert into few values ('x', 'y')"},
		"dropped":          {domains, "alter domain short drop constraint s", write},
		"made":             {domains, "create domain made as int; create table c (m made); insert into c values (1); alter domain made add check (value > 0)", ""},
		"code stands":      {domains, "alter domain short drop not null", write},
	})
}

// Each large table stands in the way by itself.
func TestDomainOfSeveralTables(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"blocking-constraint:a", "blocking-constraint:p_1"}}, domains)
		e := b.fails(t, "MG006", "alter domain word add check (value <> 'z')")
		if !strings.Contains(e.Message, " m ") || !strings.Contains(e.Hint, "NOT VALID") || !strings.Contains(e.Hint, "--allow blocking-constraint:m") {
			t.Error(explain(e))
		}
		b.run(t, "alter domain short add check (value <> 'z')")
		b.fails(t, "42704", "alter domain absent set not null")
	})
}

// A constraint that is valid is not validated again, which would read all that uses
// the domain; to whom it does not belong the server says so.
func TestDomainIsValidAlready(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, domains, "alter domain short validate constraint s")
		b.run(t, "begin", "alter domain short validate constraint s")
		b.olds(t, "set lock_timeout = '5s'", "insert into a values (2, 'o', 1)")
		b.run(t, "commit")
		if got, _ := b.Recorded(); got[len(got)-1] != "allow" {
			t.Error(got)
		}
		app, _ := role(t, db, "app")
		b.run(t, "grant usage on schema migguard to "+app, "grant select on all tables in schema migguard to "+app, "set role "+app)
		b.fails(t, "MG006", "alter domain short validate constraint s")
	})
}
