package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestKnex: what the builder names is used; nothing is a no, as no model claims its
// tables; and other models' columns may be meant by what stands in variables.
func TestKnex(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source string
		want   map[string]contract.Verdict
	}{
		"all":       {"await knex('users')", map[string]contract.Verdict{"users.a": "yes", "app_user.old": "no"}},
		"where":     {"await knex('users').where({ id })", map[string]contract.Verdict{"users.a": "yes", "app_user.old": "no"}},
		"select":    {"await knex('users').where({ id: 1 }).select('a', 'b as c')", map[string]contract.Verdict{"users.a": "yes", "users.b": "yes", "users.id": "yes", "users.c": "unknown", "app_user.old": "no", "app_user.a": "unknown"}},
		"from":      {"await db.select(['a']).from('users')", map[string]contract.Verdict{"users.a": "yes", "users.x": "unknown"}},
		"star":      {"await db.select('users.*').from('users').join('teams as t', 't.id', 'users.team_id')", map[string]contract.Verdict{"users.x": "yes", "teams.id": "yes", "teams.x": "unknown", "users.team_id": "yes"}},
		"insert":    {"await trx('users').insert({ a: 1, b })", map[string]contract.Verdict{"users.a w": "yes", "users.b w": "yes", "users.x": "unknown", "users w": "yes"}},
		"returning": {"await trx('users').insert({ a: 1 }).returning('*')", map[string]contract.Verdict{"users.x": "yes"}},
		"returned":  {"await trx('users').insert({ a: 1 }, ['r'])", map[string]contract.Verdict{"users.r": "yes"}},
		"update":    {"await trx('users').where('id', 1).update({ a: 1 })", map[string]contract.Verdict{"users.a w": "yes", "users.id": "yes", "users.id w": "unknown"}},
		"merge":     {"await trx('users').insert({ a: 1 }).onConflict('k').merge(['m'])", map[string]contract.Verdict{"users.m w": "yes", "users.k": "yes"}},
		"delete":    {"await db('users').where('a', 1).del()", map[string]contract.Verdict{"users.a": "yes", "users.x": "unknown"}},
		"schema":    {"await db('s.users').first('a')", map[string]contract.Verdict{"users.a": "yes"}},
		"alias":     {"await db({ u: 'users' }).select('u.a')", map[string]contract.Verdict{"users.a": "yes"}},
		"row":       {"await db('users').insert(row)", map[string]contract.Verdict{"users w": "yes", "app_user.old": "unknown"}},
		"spread":    {"await db('users').insert({ ...row })", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"table":     {"await db(table).select('a')", map[string]contract.Verdict{"app_user.a": "unknown", "app_user.old": "no"}},
		"all of":    {"await db(table).where({ id: 1 })", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"star of":   {"await db.select('*').from(table)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"any":       {"await db(table).where(x)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"computed":  {"await db('users').where({ [k]: 1 })", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"column":    {"await db('users').orderBy(k)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"callback":  {"await db('app_user').where(function () { this.where('old', 1).orWhere('x', k) })", map[string]contract.Verdict{"app_user.old": "yes"}},
		"raw":       {"await db('users').whereRaw('old > ?', [1]).select(db.raw('count(*) as n'))", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"raw of":    {"await db('users').whereRaw(text)", map[string]contract.Verdict{"app_user.old": "unknown"}},
		"modify":    {"const q = db('app_user').select('name'); q.where('old', 1)", map[string]contract.Verdict{"app_user.old": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := tree(t, map[string]string{"package.json": `{"dependencies":{"knex":"3","pg":"8"}}`, "app/models.py": aModel, "src/words.js": someWords, "src/a.js": tt.source})
			expect(t, c, tt.want)
		})
	}
}
