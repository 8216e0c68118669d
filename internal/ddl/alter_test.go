package ddl_test

import (
	"testing"

	"github.com/migguard/migguard/internal/ddl"
)

func TestTakeApart(t *testing.T) {
	t.Parallel()
	const sql = `alter table only a.users add column if not exists n int default 1 not null
		constraint positive check (n > 0) references other (id) on delete cascade deferrable initially deferred unique,
		alter x set not null, add check (a <> 'b'), add foreign key (x) references o match full`
	st := ddl.Parse(sql)[0]
	alter, err := ddl.TakeApart(sql, st.Changes)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`ALTER TABLE ONLY pg_temp.users ADD COLUMN IF NOT EXISTS n int DEFAULT 1 NOT NULL`,
		`ALTER TABLE ONLY pg_temp.users ADD CONSTRAINT positive CHECK (n > 0)`,
		`ALTER TABLE ONLY pg_temp.users ADD FOREIGN KEY (n) REFERENCES other (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED`,
		`ALTER TABLE ONLY pg_temp.users ADD UNIQUE (n)`,
		`ALTER TABLE ONLY pg_temp.users ALTER COLUMN x SET NOT NULL`,
		`ALTER TABLE ONLY pg_temp.users ADD CHECK (a <> 'b')`,
		`ALTER TABLE ONLY pg_temp.users ADD FOREIGN KEY (x) REFERENCES o MATCH FULL`,
	} {
		if got, err := alter.Write(ddl.Name{Schema: "pg_temp", Name: "users"}, i); got != want || err != nil {
			t.Errorf("%d: %s (%v), want %s", i, got, err, want)
		}
	}
	for i, want := range map[int]string{
		1: `ALTER TABLE ONLY a.users ADD CONSTRAINT positive CHECK (n > 0) NOT VALID`,
		2: `ALTER TABLE ONLY a.users ADD FOREIGN KEY (n) REFERENCES other (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID`,
	} {
		if got, err := alter.WriteNotValid(i); got != want || err != nil {
			t.Errorf("%d: %s (%v), want %s", i, got, err, want)
		}
	}
	if got, err := alter.Write(ddl.Name{}, 0, 4); err != nil || got != `ALTER TABLE ONLY a.users ADD COLUMN IF NOT EXISTS n int DEFAULT 1 NOT NULL, ALTER COLUMN x SET NOT NULL` {
		t.Error(got, err)
	}
	if got, err := alter.Write(ddl.Name{}, 0, 2, 3); err != nil || got != `ALTER TABLE ONLY a.users ADD COLUMN IF NOT EXISTS n int DEFAULT 1 NOT NULL REFERENCES other (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED UNIQUE` {
		t.Error(got, err)
	}
	on := ddl.Name{Schema: "s", Name: "t"}
	if got, err := alter.WriteUniqueIndex(3, on, alter.UniqueName(3, "users")); err != nil || got != `CREATE UNIQUE INDEX CONCURRENTLY users_n_key ON s.t USING btree (n)` {
		t.Error(got, err)
	}
	if got, err := alter.WriteUsingIndex(3, on, "K"); err != nil || got != `ALTER TABLE ONLY s.t ADD CONSTRAINT "K" UNIQUE USING INDEX "K"` {
		t.Error(got, err)
	}
	if got, err := alter.WriteViolations(5); err != nil || got != `SELECT EXISTS (SELECT FROM ONLY a.users WHERE NOT a <> 'b')` {
		t.Error(got, err)
	}
	if got, err := alter.WriteViolations(5, "CAST(1 AS int) AS n", "NULL::text AS m"); err != nil || got != `SELECT EXISTS (SELECT FROM (SELECT *, 1::int AS n, NULL::text AS m FROM ONLY a.users) users WHERE NOT a <> 'b')` {
		t.Error(got, err)
	}
	if got, err := alter.WriteOneViolates(5); err != nil || got != `SELECT COALESCE((SELECT NOT a <> 'b' FROM ONLY a.users LIMIT 1), false)` {
		t.Error(got, err)
	}
}
