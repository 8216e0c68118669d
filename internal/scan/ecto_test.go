package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestEctoTables: which tables schemas stand for.
func TestEctoTables(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`use Ecto.Schema
		schema "users" do end`: "users App.User",
		`use Ecto.Schema
		@schema_prefix "auth"
		schema("users") do end`: "auth.users App.User",
		`use Ecto.Schema
		@table "people"
		schema @table do end`: "people App.User",
		`use Ecto.Schema
		embedded_schema do
			field :a
		end`: "",
		`use Ecto.Schema
		schema "users" do
			many_to_many :tags, App.Tag, join_through: "users_tags"
			many_to_many :teams, App.Team, join_through: App.Member
		end`: "users App.User; users_tags many_to_many_of_App.User",
		`defmodule Inner do
			use Ecto.Schema
			schema "inner" do end
		end`: "inner App.User.Inner",
		`use App.Base
		schema "users" do end`: "base.users App.User",
		`def f(x), do: from(u in "logs", join: m in "marks", on: m.a == u.b, select: {u.c})`: "logs; marks",
		`def f(x), do: "logs" |> where([l], l.a == 1) |> Repo.all()`:                         "logs",
		`def f(x), do: Repo.insert_all("logs", [%{a: 1}])`:                                   "logs",
		`def f(x), do: Multi.insert_all(x, :logs, "logs", [])`:                               "logs",
		`def f(x), do: Map.get(x, "logs")`:                                                   "",
		`def f(x), do: Repo.query!("DELETE FROM logs")`:                                      "logs",
	} {
		c := tree(t, map[string]string{"lib/user.ex": "defmodule App.User do\n" + source + "\nend\n",
			"lib/base.ex": "defmodule App.Base do\n defmacro __using__(_) do\n quote do\n use Ecto.Schema\n @schema_prefix \"base\"\n end\n end\nend\n"})
		if got := tables(c); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
		if blindGaps(c) > 0 {
			t.Errorf("%s: gaps %+v", source, c.Gaps)
		}
	}
}

// TestEctoColumns: what a schema of users uses, and other code besides it.
func TestEctoColumns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		head, fields, other string
		want                map[string]contract.Verdict
	}{
		"plain":        {"", "field :name, :string\ntimestamps()", "", map[string]contract.Verdict{"users.id": "yes", "users.name w": "yes", "users.inserted_at": "yes", "users.updated_at": "yes", "users.old": "no", "users w": "yes", "teams.x": "unknown"}},
		"source":       {"", "field :name, :string, source: :full_name", "", map[string]contract.Verdict{"users.full_name": "yes", "users.name": "no", "users.inserted_at": "no"}},
		"virtual":      {"", "field :name, :string, virtual: true\nfield :late, :string, load_in_query: false, redact: true", "", map[string]contract.Verdict{"users.name": "no", "users.late": "yes"}},
		"relations":    {"", "belongs_to :team, App.Team\nbelongs_to :boss, App.User, foreign_key: :led_by\nbelongs_to :no, App.User, define_field: false\nhas_many :posts, App.Post\nhas_one :cv, App.CV", "", map[string]contract.Verdict{"users.team_id": "yes", "users.led_by": "yes", "users.boss_id": "no", "users.no_id": "no", "users.posts": "no"}},
		"embeds":       {"", "embeds_one :address, App.Address\nembeds_many :marks, Mark do\n field :inner\nend", "", map[string]contract.Verdict{"users.address": "yes", "users.marks": "yes", "users.inner": "no"}},
		"no key":       {"@primary_key false", "field :a", "", map[string]contract.Verdict{"users.id": "no", "users.a": "yes"}},
		"key":          {"@primary_key {:uid, :binary_id, autogenerate: true}", "", "", map[string]contract.Verdict{"users.uid": "yes", "users.id": "no"}},
		"key source":   {"@primary_key {:id, :id, source: :nr}", "", "", map[string]contract.Verdict{"users.nr": "yes", "users.id": "no"}},
		"key of":       {"@primary_key @key", "", "", map[string]contract.Verdict{"users.old": "yes"}},
		"times":        {"", "timestamps(inserted_at: :made, updated_at: false, type: :utc_datetime)", "", map[string]contract.Verdict{"users.made": "yes", "users.inserted_at": "no", "users.updated_at": "no"}},
		"times of":     {"@timestamps_opts [inserted_at: :made]", "timestamps(updated_at_source: :changed)", "", map[string]contract.Verdict{"users.made": "yes", "users.changed": "yes", "users.inserted_at": "no"}},
		"times var":    {"", "timestamps(@options)", "", map[string]contract.Verdict{"users.old": "yes"}},
		"macro":        {"", "soft_delete_fields()", "", map[string]contract.Verdict{"users.old": "yes"}},
		"loop":         {"", "for x <- @x, do: field(x, :string)", "", map[string]contract.Verdict{"users.old": "yes"}},
		"mapper":       {"@field_source_mapper &App.up/1", "", "", map[string]contract.Verdict{"users.old": "yes"}},
		"library":      {"use Pow.Ecto.Schema", "", "", map[string]contract.Verdict{"users.old": "yes"}},
		"query":        {"", "field :name", "def f, do: from(u in App.User, where: u.name == \"old\")", map[string]contract.Verdict{"users.old": "no", "users.name": "yes"}},
		"schemaless":   {"", "", "def f(k), do: from(u in \"users\", where: u.old == 1 and field(u, ^k) == 2)", map[string]contract.Verdict{"users.old": "yes", "users.k": "unknown", "users.z": "no"}},
		"a text":       {"", "", "def f, do: g(\"users\", :old)", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"a part":       {"", "", "def f(x), do: g(\"use#{x}\", :old)", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"another text": {"", "", "def f(x), do: g(\"user#{x}_all\", :old)", map[string]contract.Verdict{"users.old": "no"}},
		"insert all":   {"", "", "def f, do: Repo.insert_all(\"users\", [%{old: 1}])", map[string]contract.Verdict{"users.old w": "yes"}},
		"fragment":     {"", "", "def f, do: from(u in App.User, where: fragment(\"lower(old) = ?\", ^x))", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"marks":        {"", "", "def f, do: from(u in App.User, where: fragment(\"? \\\\? ? AND ?::date > now()\", u.a, ^x, u.b), order_by: fragment(\"? DESC NULLS LAST\", u.c))", map[string]contract.Verdict{"users.old": "no"}},
		"identifier":   {"", "", "def f(old), do: from(u in App.User, where: fragment(\"? = 1\", identifier(^old)))", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"sql":          {"", "", "def f, do: Repo.query!(\"SELECT old FROM users\", [])", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"adapter":      {"", "", "def f, do: Ecto.Adapters.SQL.query!(Repo, ~s(SELECT old FROM users WHERE a = $1), [1])", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"heredoc":      {"", "", "def f do\n sql = \"\"\"\n SELECT old\n FROM users\n \"\"\"\n sql |> Repo.query!([1])\nend", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"constant":     {"", "", "@sql \"SELECT 1\"\ndef f(old), do: Repo.query!(@sql)", map[string]contract.Verdict{"users.old": "no"}},
		"variable":     {"", "", "def f(sql, old), do: Repo.query!(sql)", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"closure":      {"", "", "def f(old) do\n sql = \"SELECT 1\"\n fn sql -> Repo.query!(sql) end\nend", map[string]contract.Verdict{"users.old": "unknown"}},
		"prepared":     {"", "", "def f(conn, old, sql), do: Postgrex.prepare!(conn, \"name\", sql)", map[string]contract.Verdict{"users.old": "unknown"}},
		"not sql":      {"", "", "def f(conn, old, sql), do: Absinthe.query(conn, sql)", map[string]contract.Verdict{"users.old": "no"}},
		"hole":         {"", "", "def f(x), do: Repo.query!(\"SELECT #{x} FROM users\")", map[string]contract.Verdict{"users.x": "unknown"}},
		"comment":      {"", "", "# users \"users\" old\n@doc \"users\"\ndef f(x), do: Repo.query!(x)", map[string]contract.Verdict{"users.old": "no"}},
		"ash":          {"", "", "use Ash.Resource", map[string]contract.Verdict{"users.z": "unknown"}},
		"broken":       {"", "", "def f do (", map[string]contract.Verdict{"users.z": "unknown"}},
		"computed":     {"", "", "use Ecto.Schema\nschema table() do\nend", map[string]contract.Verdict{"users.z": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tree(t, map[string]string{
				"mix.exs":      "defmodule App.MixProject do\nend\n",
				"lib/user.ex":  "defmodule App.User do\nuse Ecto.Schema\n" + tt.head + "\nschema \"users\" do\n" + tt.fields + "\nend\nend\n",
				"lib/other.ex": "defmodule App.Other do\nalias App.Repo\n" + tt.other + "\nend\n",
			})
			expect(t, c, tt.want)
		})
	}
}

// TestEctoUpserts: what ON CONFLICT needs.
func TestEctoUpserts(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		"on_conflict: :nothing":                                                               "",
		"on_conflict: :nothing, conflict_target: :a":                                          "a",
		"on_conflict: :replace_all, conflict_target: [:b, :a]":                                "a, b",
		"on_conflict: {:replace, [:x]}, conflict_target: {:unsafe_fragment, \"(a) WHERE b\"}": "a",
		"on_conflict: [set: [x: 1]], conflict_target: {:constraint, :k}":                      "constraint k",
		"on_conflict: [set: [x: 1]], conflict_target: target":                                 "what is not known",
		"on_conflict: action":                                                                 "what is not known",
		"on_conflict: :nothing, conflict_target: :renamed":                                    "what is not known",
	} {
		c := tree(t, map[string]string{"lib/b.ex": "defmodule B do\nuse Ecto.Schema\nschema \"bs\" do\nfield :renamed, :string, source: :other\nend\nend\n",
			"lib/a.ex": "defmodule A do\ndef f(r), do: App.Repo.insert_all(A, r, " + options + ")\ndef g(r), do: r |> Ecto.Repo.x()\nend\n"})
		got := ""
		for _, u := range c.Upserts {
			got += u.Arbiter.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", options, got, want)
		}
	}
}

// TestEctoSkips: migrations, libraries and tests are no code that runs.
func TestEctoSkips(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]contract.Verdict{
		"priv/repo/migrations/20240101000000_make_users.exs": "no",
		"deps/x/lib/x.ex":       "no",
		"_build/prod/lib/x.ex":  "no",
		"test/x_test.exs":       "no",
		"lib/deps/x.ex":         "yes",
		"priv/repo/seeds.exs":   "yes",
		"lib/x.html.heex":       "unknown",
		"lib/migrations/run.ex": "yes",
	} {
		c := tree(t, map[string]string{"mix.exs": "defmodule M do\nend", "priv/repo/migrations/.formatter.exs": "[]",
			"lib/user.ex": "defmodule U do\nuse Ecto.Schema\nschema \"users\" do\nend\nend", file: "Repo.query!(\"SELECT old FROM users\")"})
		expect(t, c, map[string]contract.Verdict{"users.old": want})
	}
}

// TestElixirWithoutEcto: what is not understood is no reason for a no.
func TestElixirWithoutEcto(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{"app/models.py": aModel, "a.ex": "defmodule A do\ndef db, do: \"SELECT a FROM users\"\nend"})
	expect(t, c, map[string]contract.Verdict{"users.a": "yes", "users.b": "unknown", "app_user.db": "unknown"})
}
