package release_test

import (
	"os"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// constrained are tables that count as large, with what constraints may need.
const constrained = `create table other (id int primary key, n text unique); insert into other select g, 'n' || g from generate_series(1, 50) g;
	create table a (id int primary key, n text, "Odd name" int, other_id int, d date);
	insert into a select g, 'n' || g, g, 1 + g % 50, current_date from generate_series(1, 2000) g;
	create schema s; create table s.a (id int); insert into s.a values (1);
	create table parts (id int, n text) partition by range (id); create table p1 partition of parts for values from (1) to (10); insert into parts values (1, 'x')`

// proven is what some of the constraints need besides.
const proven = `; create table refs (id int primary key) partition by range (id); create table r1 partition of refs for values from (1) to (1000); create table r2 partition of refs for values from (1000) to (9000);
	insert into refs select g from generate_series(1, 3000) g; alter table a add constraint proof check (d is not null);
	create table keyless (id int not null, n text, d date not null); insert into keyless select id, n, d from a`

// constraintState is every constraint and column of the tables, as the server
// writes them.
const constraintState = `select string_agg(line, e'\n' order by line) from (
	select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, condeferrable, condeferred, connoinherit) as line
	from pg_constraint where conrelid::regclass::text in ('a', 's.a', 'parts', 'p1', 'keyless')
	union all select concat_ws(' ', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, atthasdef)
	from pg_attribute where attrelid::regclass::text in ('a', 's.a', 'parts', 'p1', 'keyless') and attnum > 0 and not attisdropped) l`

// constraints are ways to write one.
var constraints = []string{
	"alter table a add constraint c check (id > 0)",
	"alter table a add check (length(n) < 100), add check (id > 0 and other_id > 0)",
	"alter table a add constraint f foreign key (other_id) references other",
	`alter table a add foreign key (other_id) references other (id) on delete cascade on update set null deferrable initially deferred`,
	"alter table a add foreign key (other_id) references other match full, alter n set not null",
	"alter table only a alter column n set not null",
	"alter table s.a add primary key (id)",
	"alter table keyless add primary key (id)",
	"alter table keyless add constraint k primary key (d, id) include (n) with (fillfactor = 70) deferrable",
	"alter table keyless alter n set not null, add primary key (id), add check (id > 0)",
	"alter table a add x int default 1 references other, add y int check (y > 0), add z int not null default 2 constraint positive check (z > 0)",
	"alter table a add constraint c check (n <> 'x') no inherit",
	"alter table parts add constraint c check (id > 0), alter n set not null",
	"alter table s.a add constraint c check (id > 0)",
	"set search_path = s; alter table a add check (id > 0)",
	"alter table a add constraint u unique (n)",
	`alter table a add unique (n, "Odd name") include (d) with (fillfactor = 70) deferrable initially deferred`,
	"alter table a add column x int unique, add constraint second unique (id, d) using index tablespace pg_default, add check (id > 0)",
	"alter table a add x int references other, add check (id > 0)",
	"alter table a add column if not exists d date check (d > '2030-01-01'), add column if not exists y int check (y > 0)",
	"begin; alter table a add constraint c check (id > 0) not valid; alter table a validate constraint c; commit",
	"alter table a add constraint c check (id > 0) not valid, validate constraint c",
	"alter table a drop constraint proof, add constraint proof check (d > '2000-01-01')",
	"alter table a add x int references other, add y int default 1 references other, add z bool default false",
	"alter table a alter n set not null; alter table a alter n set not null; alter table a alter d set not null, add check (id > 0)",
	"alter table a drop constraint proof, alter d set not null",
	"alter table parts add constraint c check (id > 0) not valid, alter id set not null",
	"alter table a add constraint f foreign key (id) references refs (id)",
	"alter table a add column x int; alter table a add check (x > 0), alter d set not null",
}

// In the end the table is what the statements would have made of it.
func TestConstraintIsTheSame(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for i, sql := range constraints {
			// Each on some of the servers, and all on all of them.
			if os.Getenv(everything) != "full" && i%2 != db.Major/2%2 {
				continue
			}
			guarded, bare := db.Server.NewDB(t), db.Server.NewDB(t)
			b := setup(t, guarded, options{large: true}, constrained+proven)
			bare.Exec(t, constrained+proven+"; "+sql)
			if strings.Contains(sql, "s.a add primary key") || strings.Contains(sql, "references refs") && db.Major < 18 {
				b.fails(t, "MG006", sql)
				continue
			}
			if i/2%2 == db.Major%4/2 && !strings.HasPrefix(sql, "begin") {
				sql = "begin; " + sql + "; commit"
			}
			b.run(t, strings.Split(sql, "; ")...)
			if got, want := guarded.Value(t, constraintState), bare.Value(t, constraintState); got != want {
				t.Errorf("%s\n%s\nwant\n%s", sql, got, want)
			}
			if got := guarded.Value(t, leftovers); got != "0 0" {
				t.Errorf("%s: %s", sql, got)
			}
			if verdicts, _ := b.Recorded(); !strings.Contains(strings.Join(verdicts, " "), "rewrite") {
				t.Errorf("%s: %v", sql, verdicts)
			}
			b.end(t, ledger.Succeeded)
		}
	})
}
