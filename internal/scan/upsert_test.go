package scan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// upserts lists what ON CONFLICT needs, of relations and, with "?", of such as are
// not known.
func upserts(c *contract.Contract) string {
	var found []string
	for _, r := range c.Relations {
		for _, u := range r.Uses {
			for _, a := range u.Arbiters {
				found = append(found, fmt.Sprintf("%s: %s", r.Name, a))
			}
		}
	}
	for _, u := range c.Upserts {
		found = append(found, "?: "+u.Arbiter.String())
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "; ")
}

const (
	userModel = "class User < ApplicationRecord; end\n"
	anything  = "?: what is not known"
	drizzle   = "import { users } from './schema'\n"
	laravelDB = "<?php\nuse Illuminate\\Support\\Facades\\DB;\n"
	gormClass = "package p\nimport (\"gorm.io/gorm\"; \"gorm.io/gorm/clause\")\nconst key = \"email\"\nfunc f(db *gorm.DB, x any) { db.Clauses(%s).Create(x) }\n"
)

func ectoModule(code string) string {
	return "defmodule A do\nimport Ecto.Query\ndef f(rows, opts) do\n" + code + "\nend\nend"
}

func TestUpserts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, source, want string }{
		{"a.rb", userModel + "User.upsert_all(rows, unique_by: :email)", "users: constraint email; users: email"},
		{"a.rb", userModel + "User.where(x: 1).insert_all(rows, unique_by: %i[b a])", "users: a, b"},
		{"a.rb", userModel + "User.upsert({ id: 1 })", "users: the primary key"},
		{"a.rb", userModel + "User.insert_all(rows); User.insert(row); [].insert(0, 1); [].insert(0, *rows)", ""},
		{"a.rb", userModel + "User.upsert_all(rows, unique_by: key)", "users: what is not known"},
		{"a.rb", userModel + "User.upsert_all(rows, **options)", "users: what is not known"},
		{"a.rb", userModel + "User.upsert_all(rows, options)", "users: what is not known"},
		{"a.rb", "class User < ApplicationRecord; def self.fill(rows) = upsert_all(rows, unique_by: 'lower(email)'); end", "users: what is not known"},
		{"a.rb", userModel + "team.users.upsert_all(rows, unique_by: [:email])", "?: constraint email; ?: email"},
		{"a.rb", userModel + "User.import rows, on_duplicate_key_update: { conflict_target: [:email], columns: [:name] }", "users: email"},
		{"a.rb", userModel + "User.import rows, on_duplicate_key_update: { constraint_name: :k, columns: [:name] }", "users: constraint k"},
		{"a.rb", userModel + "User.import rows, on_duplicate_key_update: [:name]", "users: what is not known"},
		{"a.rb", userModel + "User.import rows, on_duplicate_key_ignore: true", ""},
		{"a.rb", userModel + "User.public_send(:upsert_all, rows)", anything},
		{"a.rb", userModel + "DB[:users].insert_conflict(target: :email).insert(x)", anything},
		{"a.rb", userModel + "User.connection.execute('INSERT INTO users (a) VALUES (1) ON CONFLICT (a) WHERE b DO NOTHING')", "users: a"},

		{"a.py", "M.objects.bulk_create(rows, update_conflicts=True, unique_fields=['email'])", anything},
		{"a.py", "M.objects.bulk_create(rows, **options)", anything},
		{"a.py", "M.objects.bulk_create(rows, ignore_conflicts=True)\nM.objects.bulk_create(rows, 100)", ""},
		{"a.py", "insert(users).values(x).on_conflict_do_update(index_elements=['b', 'a'], set_=x)", "?: a, b"},
		{"a.py", "insert(users).values(x).on_conflict_do_update(constraint='k', set_=x)", "?: constraint k"},
		{"a.py", "insert(users).values(x).on_conflict_do_update(index_elements=[users.c.a], set_=x)", anything},
		{"a.py", "insert(users).values(x).on_conflict_do_nothing()", ""},
		{"a.py", "insert(users).values(x).on_conflict_do_nothing(index_elements=['a'])", "?: a"},
		{"a.py", "insert(users).on_conflict_do_update(**how)", anything},

		{"a.js", "knex('users').insert(row).onConflict(['b', 'a']).merge()", "users: a, b"},
		{"a.js", "knex('users').insert(row).onConflict('email').ignore()", "users: email"},
		{"a.js", "knex('users').insert(row).onConflict().ignore()", ""},
		{"a.js", "knex('users').insert(row).onConflict(knex.raw('(email) where x')).merge()", "users: what is not known"},
		{"a.js", "knex(table).insert(row).onConflict('email').merge()", "?: email"},
		{"a.js", "const put = knex('users').insert(row).onConflict; put('email')", anything},
		{"a.js", "build(row).onConflict('userId').merge()", anything},
		{"a.js", "await User.upsert(row)", anything},
		{"a.js", "await User.bulkCreate(rows, { updateOnDuplicate: ['name'] })", anything},
		{"a.js", "await User.bulkCreate(rows, { ignoreDuplicates: true }); await User.bulkCreate(rows)", ""},
		{"a.js", "repository.createQueryBuilder().insert().orUpdate(['name'], ['email'])", "?: email"},
		{"a.js", drizzle + "db.insert(users).values(x).onConflictDoUpdate({ target: users.email, set: x })", anything},
		{"a.js", drizzle + "db.insert(users).values(x).onConflictDoNothing()", ""},
		{"a.js", "db.query(`INSERT INTO users (a) VALUES (1) ON CONFLICT ON CONSTRAINT ${k} DO NOTHING`)", "users: a constraint whose name is computed"},

		{"a.php", laravelDB + "DB::table('users')->upsert($rows, ['b', 'a'])", "users: a, b"},
		{"a.php", laravelDB + "DB::table('users')->upsert(update: ['n'], values: $rows, uniqueBy: 'email')", "users: email"},
		{"a.php", laravelDB + "DB::table('users')->upsert($rows, $keys)", "users: what is not known"},
		{"a.php", laravelDB + "DB::table('users')->upsert(...$all)", "users: what is not known"},
		{"a.php", laravelDB + "DB::table('users')->insertOrIgnore($rows)", ""},
		{"a.php", laravelDB + "$query->upsert($rows, ['email'])", "?: email"},
		{"a.php", laravelDB + "$put = $query->upsert(...)", anything},
		{"a.php", laravelDB + "call_user_func([User::class, 'upsert'], $rows, ['email'])", anything},
		{"a.php", laravelDB + "class User extends \\Illuminate\\Database\\Eloquent\\Model {}\nUser::find(1)->posts()->upsert($rows, ['slug'])", "?: slug; users: slug"},

		{"a.ex", ectoModule("Repo.insert_all(User, rows, on_conflict: :replace_all, conflict_target: [:b, :a])"), "?: a, b"},
		{"a.ex", ectoModule("Repo.insert_all(User, rows, on_conflict: :nothing)"), ""},
		{"a.ex", ectoModule("opts = [on_conflict: :replace_all, conflict_target: :email]\nRepo.insert_all(User, rows, opts)"), "?: email"},
		{"a.ex", ectoModule("Repo.insert_all(User, rows, Keyword.put(opts, :conflict_target, keys))"), anything},

		{"a.go", fmt.Sprintf(gormClass, `clause.OnConflict{Columns: []clause.Column{{Name: key}, {Name: "a"}}, UpdateAll: true}`), "?: a, email; ?: the primary key"},
		{"a.go", fmt.Sprintf(gormClass, `clause.OnConflict{OnConstraint: "k", DoNothing: true}`), "?: constraint k; ?: the primary key"},
		{"a.go", fmt.Sprintf(gormClass, `clause.OnConflict{Columns: columns, UpdateAll: true}`), "?: the primary key; " + anything},
		{"a.go", fmt.Sprintf(gormClass, `clause.OnConflict{DoNothing: true}`), "?: the primary key"},
		{"a.go", strings.Replace(fmt.Sprintf(gormClass, "c"), "db.Clauses", "c := clause.OnConflict{DoNothing: true}; c.Columns = x.([]clause.Column); db.Clauses", 1), "?: the primary key; " + anything},
		{"a.go", strings.Replace(fmt.Sprintf(gormClass, "c"), "db.Clauses", "var c clause.OnConflict; c.OnConstraint = key; db.Clauses", 1), "?: the primary key; " + anything},
		{"a.go", "package p\nconst upsert = `INSERT INTO users (a) VALUES ($1) ON CONFLICT (lower(a)) DO NOTHING`", "users: an expression"},
	} {
		files := map[string]string{tt.file: tt.source}
		if strings.HasSuffix(tt.file, ".js") {
			files["package.json"] = `{"dependencies":{"knex":"3","pg":"8","sequelize":"6","typeorm":"0.3","drizzle-orm":"0.30"}}`
		}
		c := tree(t, files)
		if got := upserts(c); got != tt.want {
			t.Errorf("%s\n%s\nwant\n%s", tt.source, got, tt.want)
		}
		for _, g := range c.Gaps {
			if g.NoUpsert && tt.want != "" && !strings.HasPrefix(tt.want, "?: the primary") {
				t.Errorf("%s\ngap has no ON CONFLICT: %+v", tt.source, g)
			}
		}
	}
}

// TestNoWordsOfUpserts: SQL from a variable has no ON CONFLICT where no file of the
// source has words of it.
func TestNoWordsOfUpserts(t *testing.T) {
	t.Parallel()
	lost := contract.Change{Kind: contract.DropArbiter, Relation: contract.Name{Name: "users"}, Arbiter: contract.Arbiter{Name: "k", Columns: []string{"email"}}}
	for more, want := range map[string]contract.Verdict{
		"head :conflict":              contract.No,
		"'on ' + x":                   contract.No,
		"x = \"ON\" + \" CONFLICT\"":  contract.Unknown,
		"x << 'CONFLICT (a)'":         contract.Unknown,
		"on_conflict":                 contract.Unknown,
		"User.insert_all(unique_by:)": contract.Unknown,
	} {
		c := tree(t, map[string]string{"app/models/user.rb": userModel + "User.connection.execute(sql)\n", "lib/a.rb": more})
		if got := c.Breaks(lost); got.Verdict != want {
			t.Errorf("%s: %s, want %s: %v", more, got.Verdict, want, got.Reasons)
		}
	}
	other := tree(t, map[string]string{"app/models/user.rb": userModel, "lib/a.php": "<?php"})
	if got := other.Breaks(lost); got.Verdict != contract.Unknown {
		t.Errorf("a language that is not understood: %s", got.Verdict)
	}
}

// TestRailsValues: texts that a column is compared with are no SQL, and no gap for
// upserts; those that are selected are SQL.
func TestRailsValues(t *testing.T) {
	t.Parallel()
	lost := contract.Change{Kind: contract.DropArbiter, Relation: contract.Name{Name: "users"}, Arbiter: contract.Arbiter{Columns: []string{"email"}}}
	for query, want := range map[string]contract.Verdict{
		`User.where(email: ["a-#{n}", "b-#{n}"])`:         contract.No,
		`User.where(users: { email: ["a-#{n}"] })`:        contract.No,
		`User.where(["#{n} = 1", 1])`:                     contract.Unknown,
		`User.select(users: ["#{n} AS email"])`:           contract.Unknown,
		`User.where(email: [User.where("email = #{n}")])`: contract.Unknown,
	} {
		c := tree(t, map[string]string{"app/models/user.rb": userModel + query + "\nUser.upsert({ id: 1 })"})
		if got := c.Breaks(lost); got.Verdict != want {
			t.Errorf("%s: %s, want %s: %v", query, got.Verdict, want, got.Reasons)
		}
	}
}
