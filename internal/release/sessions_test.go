package release_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A role the session has put on needs rights in the ledger, and is told which.
func TestSetRole(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		app, _ := role(t, db, "app")
		b := setup(t, db, options{}, "grant all on schema public to "+app, "create table a (id int); alter table a owner to "+app)
		for _, sql := range []string{"alter table a rename to b", "create table c (id int)", "drop table zz"} {
			b.run(t, "begin; set local role "+app)
			if e := b.fails(t, "42501", sql); !strings.Contains(e.Hint, "GRANT USAGE ON SCHEMA migguard") {
				t.Error(explain(e))
			}
			b.run(t, "rollback")
		}
		b.run(t, "grant usage on schema migguard to "+app, "grant select, insert, update on all tables in schema migguard to "+app,
			"begin; set local role "+app+"; alter table a rename to b; create table c (id int); drop table c; commit")
		b.wants(t, "a v, b r", "a -> b")
	})
}

// The client's own lack of rights is not taken for the ledger's.
func TestNotTheOwner(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		app, address := role(t, db, "app")
		b := setup(t, db, options{url: address}, "grant create on database "+db.Name+" to "+app, "create table a (id int); create schema secret; create table secret.s (id int)")
		for _, sql := range []string{"alter table a rename to b", "drop table secret.zz", "create table secret.y ()"} {
			if e := b.fails(t, "42501", sql); e.Hint != "" {
				t.Error(explain(e))
			}
		}
		b.wants(t, "a r", "")
	})
}

func TestAnotherUser(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b := setup(t, db, options{})
	u, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = url.UserPassword("somebody", password)
	_, err = pgx.Connect(t.Context(), u.String())
	e := failed(t, err, "28000", "connect")
	if !strings.Contains(e.Message, "somebody") || !strings.Contains(e.Hint, "DATABASE_URL") {
		t.Error(explain(e))
	}
}

// Sessions in other databases of the server are none of the run's business.
func TestAnotherDatabase(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		other := db.Server.NewDB(t)
		other.Exec(t, "create table a (id int)")
		b := setup(t, db, options{}, "create table a (id int)")
		u, err := url.Parse(b.URL)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + other.Name
		works(t, u.String(), "do $$ begin alter table a add column n int; end $$", "alter table a rename to b", "drop table b", "create database x_"+other.Name, "drop database x_"+other.Name)
		b.run(t, "alter table a rename to b")
		b.wants(t, "a v, b r", "a -> b")
	})
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, `create table a (id int, "é" text); create table c (n text); create table "ß" (id int); create table d (id int)`)
		b.run(t, "set client_encoding = 'LATIN1'")
		b.fails(t, "MG053", "alter table a rename to b") // its view has a column é
		b.fails(t, "MG053", "alter table d rename to \"\xe4\"")
		b.run(t, "alter table d rename to dd", "insert into c values ('\xe9')")
		if got := db.Value(t, "select n from c"); got != "é" {
			t.Error(got)
		}
		b.run(t, "set client_encoding = 'SJIS'")
		b.fails(t, "MG053", "insert into c values ('\x95\x5c')")
		b.run(t, "set client_encoding = 'UTF8'", "alter table a rename to b", `alter table "ß" rename to ss`)
		b.olds(t, `select "é" from a`, `select id from "ß"`, "select id from d")
	})
}

func TestBackslashes(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, `create table "a\b" (id int); create table a (n text)`)
		b.run(t, "set standard_conforming_strings = off")
		if e := b.fails(t, "MG053", `select '\'; drop table a; --'`); !strings.Contains(e.Hint, "standard_conforming_strings = on") {
			t.Error(explain(e))
		}
		b.run(t, "alter table a rename to c", "set standard_conforming_strings = on", `alter table "a\b" rename to "c\d"`)
		b.olds(t, `select * from "a\b"`, "select * from a")
	})
}

// A long text of rows passes unread; a long one of anything else does not.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, "create table a (n text)")
		long := strings.Repeat("x", 5<<20)
		b.run(t, "insert into a values ('"+long+"')")
		extended(t, b, "insert into a values ('"+long+"')")
		if e := b.fails(t, "MG053", "comment on table a is '"+long+"'"); e.Hint == "" {
			t.Error(explain(e))
		}
		if got := db.Value(t, "select sum(length(n)) from a"); got != "10485760" {
			t.Errorf("%s characters", got)
		}
	})
}
