package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A loginCase is a change of what new sessions of roles begin with, or of who may log in.
// Old code is the role ONE, of which a session is open; DB is the database. TWO has none.
type loginCase struct {
	before string
	sql    string
	old    string // what a new session of ONE sends
	code   string // what it, or logging in, fails with afterwards; empty: nothing
	mg     string // the refusal; empty: it is let through
	says   string // in the hazard that is said, if one is
}

const (
	schemas = `create table t (n int); create schema app; create table app.u (n int); create schema first; create table first.t (id int);
		grant usage on schema app, first to ONE; grant all on t, app.u, first.t to ONE`
	pathed = schemas + "; alter role ONE in database DB set search_path = app, public"
	writes = "insert into t values (1)"
	reads  = "select n from u"

	group   = "create table g (n int); grant insert on g to TWO; grant TWO to ONE"
	inGroup = "insert into g values (1)"
)

var logins = map[string]loginCase{
	"read only":                 {schemas, "alter role ONE set default_transaction_read_only = on", writes, "25006", "MG041", ""},
	"read only, in database":    {schemas, "alter role ONE in database DB set default_transaction_read_only to 'tru'", writes, "25006", "MG041", ""},
	"read only, database":       {schemas, "alter database DB set default_transaction_read_only = true", writes, "25006", "MG041", ""},
	"read only, all":            {schemas, "alter role all in database DB set default_transaction_read_only = 1", writes, "25006", "MG041", ""},
	"read only, overridden":     {schemas + "; alter role ONE in database DB set default_transaction_read_only = off", "alter role ONE set default_transaction_read_only = on", writes, "", "", ""},
	"read only, uncovered":      {schemas + "; alter role ONE in database DB set default_transaction_read_only = off; alter role ONE set default_transaction_read_only = on", "alter role ONE in database DB reset all", writes, "25006", "MG041", ""},
	"read only, another":        {schemas, "alter role TWO set default_transaction_read_only = on", writes, "", "", ""},
	"read only, elsewhere":      {schemas, "alter role ONE in database postgres set default_transaction_read_only = on", writes, "", "", ""},
	"read only, off":            {schemas, "alter role ONE set default_transaction_read_only = off", writes, "", "", ""},
	"path without a schema":     {pathed, "alter role ONE in database DB set search_path = public", reads, "42P01", "MG041", ""},
	"path of none":              {pathed, "alter role ONE in database DB set search_path = ''", reads, "42P01", "MG041", ""},
	"path, reset":               {pathed, "alter role ONE in database DB reset search_path", reads, "42P01", "MG041", ""},
	"path, from current":        {pathed, "alter role ONE in database DB set search_path from current", reads, "42P01", "MG041", ""},
	"path, another first":       {pathed, "alter role ONE in database DB set search_path = first, app, public", "select n from t", "42703", "MG041", ""},
	"path with more":            {pathed, `alter role ONE in database DB set search_path = app, "$user", public, first`, reads, "", "", ""},
	"path, overridden":          {pathed + "; alter role current_user in database DB set search_path = public", "alter database DB set search_path = first", reads, "", "", ""},
	"path, new schema":          {pathed, "create schema fresh; create table fresh.x (id int); alter role ONE in database DB set search_path = app, public, fresh", reads, "", "", ""},
	"no login":                  {schemas, "alter role ONE nologin", writes, "28000", "MG040", ""},
	"no login, another":         {schemas, "alter role TWO nologin", writes, "", "", ""},
	"role limit":                {schemas, "alter role ONE connection limit 1", writes, "53300", "MG040", ""},
	"role limit, none reached":  {schemas, "alter role ONE connection limit 2", writes, "", "", ""},
	"role limit, none":          {schemas + "; alter role ONE connection limit 9", "alter role ONE connection limit -1", writes, "", "", ""},
	"database limit":            {schemas, "alter database DB connection limit 1", writes, "53300", "MG040", ""},
	"database limit, large":     {schemas, "alter database DB connection limit 99", writes, "", "", ""},
	"role renamed":              {schemas, `alter role ONE rename to "DB renamed"`, writes, "28P01", "MG040", ""},
	"another role renamed":      {schemas, `alter role TWO rename to "DB another"`, writes, "", "", ""},
	"password":                  {schemas, "alter role ONE password 'new'", writes, "28P01", "MG040", ""},
	"password, none":            {schemas, "alter role ONE password null", writes, "28P01", "MG040", ""},
	"password of another":       {schemas, "alter role TWO password 'new'", writes, "", "", ""},
	"no longer valid":           {schemas, "alter role ONE valid until '2001-01-01'", writes, "28P01", "MG040", ""},
	"another no longer valid":   {schemas, "alter role TWO valid until '2001-01-01'", writes, "", "", ""},
	"valid":                     {schemas, "alter role ONE login inherit valid until '2999-01-01'", writes, "", "", ""},
	"membership":                {group, "revoke TWO from ONE", inGroup, "42501", "MG015", ""},
	"membership of the owner":   {group + "; alter table g owner to TWO", "revoke TWO from ONE", inGroup, "42501", "MG015", ""},
	"membership, granted":       {group + "; grant insert on g to ONE", "revoke TWO from ONE", inGroup, "", "", ""},
	"membership, option":        {group + "; grant TWO to ONE with admin option", "revoke admin option for TWO from ONE", inGroup, "", "", ""},
	"membership, group":         {group, "alter group TWO drop user ONE", inGroup, "42501", "MG015", ""},
	"membership, another":       {group, "alter group TWO add user current_user; alter group TWO drop user current_user", inGroup, "", "", ""},
	"membership of a member":    {group + `; create role "DB mid"; grant TWO to "DB mid"; grant "DB mid" to ONE; revoke TWO from ONE`, `revoke TWO from "DB mid"`, inGroup, "42501", "MG015", ""},
	"membership, columns":       {"create table g (n int, m int); grant insert (n) on g to TWO; grant TWO to ONE", "revoke TWO from ONE", "insert into g (n) values (1)", "42501", "MG015", ""},
	"membership, own columns":   {group + "; revoke insert on g from TWO; grant insert (n) on g to ONE, TWO", "revoke TWO from ONE", "insert into g (n) values (1)", "", "", ""},
	"membership, schema":        {"create schema app; create table app.g (n int); grant usage on schema app to TWO; grant insert on app.g to ONE; grant TWO to ONE", "revoke TWO from ONE", "insert into app.g values (1)", "42501", "MG015", ""},
	"membership, sequence":      {"create sequence s; grant usage on sequence s to TWO; grant TWO to ONE", "revoke TWO from ONE", "select nextval('s')", "42501", "MG015", ""},
	"hidden, read only":         {schemas, "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$", writes, "25006", "MG041", ""},
	"hidden, path":              {pathed, "do $$ begin execute format('alter role %s in database %I set search_path = public', 'ONE', current_database()); end $$", reads, "42P01", "MG041", ""},
	"hidden, reset":             {pathed, "do $$ begin alter role ONE in database DB reset all; end $$", reads, "42P01", "MG041", ""},
	"hidden, path with more":    {pathed, "do $$ begin alter role ONE in database DB set search_path = app, public, first; end $$", reads, "", "", ""},
	"hidden, no login":          {schemas, "do $$ begin alter role ONE nologin; end $$", writes, "28000", "MG040", ""},
	"hidden, another":           {schemas, "do $$ begin alter role TWO nologin; alter role TWO set default_transaction_read_only = on; end $$", writes, "", "", ""},
	"hidden, timeout":           {schemas, "do $$ begin execute format('alter database %I set statement_timeout = 5000', current_database()); end $$", writes, "", "", "statement_timeout '5000'"},
	"hidden, zone":              {schemas, "do $$ begin alter database DB set timezone = utc; end $$", writes, "", "", "timezone 'utc'"},
	"owned":                     {schemas, "drop owned by ONE", writes, "42501", "MG015", ""},
	"owned by another":          {schemas, "drop owned by TWO", writes, "", "", ""},
	"timeout":                   {schemas, "alter role ONE set statement_timeout = '5s'", writes, "", "", "statement_timeout '5s'"},
	"timeout of database, zone": {schemas, "alter database DB set timezone = 'Asia/Tokyo'", writes, "", "", "timezone 'Asia/Tokyo'"},
	"what nobody notices":       {schemas, "alter role ONE set work_mem = '8MB'", writes, "", "", ""},
}

func TestLogins(t *testing.T) {
	t.Parallel()
	for name, c := range logins {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				c.check(t, db.Server.NewDB(t), false)
				c.check(t, db.Server.NewDB(t), true)
			})
		})
	}
}

func (c loginCase) check(t *testing.T, db *pgtest.DB, guarded bool) {
	t.Helper()
	b, named, url := c.setup(t, db, options{})
	sql := named.Replace(c.sql)
	switch {
	case !guarded:
		db.Exec(t, sql)
		conn, err := pgx.Connect(t.Context(), url)
		if err == nil {
			_, err = conn.Exec(t.Context(), c.old, pgx.QueryExecModeSimpleProtocol)
			defer func() { _ = conn.Close(t.Context()) }()
		}
		if c.code == "" && err != nil {
			t.Errorf("%s: %s", c.old, explain(err))
		} else if c.code != "" {
			failed(t, err, c.code, c.old)
		}
	case c.mg != "":
		b.fails(t, c.mg, sql)
		works(t, url, c.old)
	default:
		b.run(t, sql)
		works(t, url, c.old)
		said := ""
		for _, s := range b.Statements() {
			for _, h := range s.Hazards {
				if h.Said {
					said = h.Message
				}
			}
		}
		if !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("said %q", said)
		}
	}
}

// setup makes the roles and a session of ONE, for which old code works.
func (c loginCase) setup(t *testing.T, db *pgtest.DB, o options) (b *bundle, named *strings.Replacer, url string) {
	t.Helper()
	one, url := role(t, db, "one")
	two, _ := role(t, db, "two")
	named = strings.NewReplacer("ONE", one, "TWO", two, "DB", db.Name)
	db.Exec(t, named.Replace(c.before))
	works(t, url, c.old)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return setup(t, db, o), named, url
}

// A table that no code which runs uses may go out of its sight, and an exception
// names a role or a table.
func TestLoginsAllowed(t *testing.T) {
	t.Parallel()
	const hides = "alter role ONE in database DB set search_path = public"
	anything := contract.Gap{Reach: contract.Anything, Why: "SQL that is built when the code runs"}
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, o := range map[string]options{
			"contract": {code: naming("t", "t_key")},
			"steered":  {code: []judge.Code{ordering("one", "mg_one", anything)}},
			"table":    {allow: []string{"unfit-session:app.u"}},
		} {
			b, named, _ := loginCase{before: pathed, old: reads}.setup(t, db.Server.NewDB(t), o)
			if _, err := b.client.Exec(t.Context(), named.Replace(hides)); err != nil {
				t.Errorf("%s: %s", name, explain(err))
			}
		}
		not, roles, _ := loginCase{before: pathed, old: reads}.setup(t, db.Server.NewDB(t), options{code: []judge.Code{ordering("one", "", anything)}})
		not.fails(t, "MG041", roles.Replace(hides))
		db = db.Server.NewDB(t)
		role := "one_" + db.Name
		b, named, _ := loginCase{before: schemas, old: writes}.setup(t, db, options{allow: []string{"unfit-session:" + role, "refused-login:" + role}})
		b.run(t, named.Replace("alter role ONE set default_transaction_read_only = on"), named.Replace("alter role ONE nologin"))
	})
}

// From PostgreSQL 16 on a role may be a member of another without its rights.
func TestLoginsInherit(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major < 16 {
			return // WITH INHERIT is new in 16
		}
		for _, sql := range []string{"grant TWO to ONE with inherit false", "revoke inherit option for TWO from ONE"} {
			c := loginCase{before: group, sql: sql, old: inGroup, code: "42501", mg: "MG015"}
			c.check(t, db.Server.NewDB(t), false)
			c.check(t, db.Server.NewDB(t), true)
		}
	})
}
