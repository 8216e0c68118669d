package scan_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// laravelUser is a model of Laravel, with what most have.
const laravelUser = `<?php
namespace App\Models;
use Illuminate\Database\Eloquent\Model;
class User extends Model {
  protected $fillable = ['name'];
}
`

// TestLaravelTables: which tables models stand for.
func TestLaravelTables(t *testing.T) {
	t.Parallel()
	const head = "<?php\nnamespace App\\Models;\nuse Illuminate\\Database\\Eloquent\\Model;\nuse Illuminate\\Database\\Eloquent\\Relations\\Pivot;\n"
	for source, want := range map[string]string{
		`class BlogPost extends Model {}`:                                                                       "blog_posts BlogPost",
		`class Person extends Model {}`:                                                                         "people Person",
		`class UserData extends Model {}`:                                                                       "user_data UserData",
		`class User extends Model { protected $table = 'my_users'; }`:                                           "my_users User",
		`class User extends Model { protected $table = 'auth' . '.users'; }`:                                    "auth.users User",
		`class User extends Model { public function getTable() { return 'u'; } }`:                               "u User",
		`abstract class Base extends Model { protected $table = 'all'; } class Cat extends Base {}`:             "all Cat",
		`abstract class Base extends Model {} class Cat extends Base {} class Dog extends Cat {}`:               "cats Cat; dogs Dog",
		`class RoleUser extends Pivot {}`:                                                                       "role_user RoleUser",
		`trait Named { protected $table = 'x'; } class Cat extends Model { use Named; }`:                        "x Cat",
		`class Cat extends \Illuminate\Database\Eloquent\Model {}`:                                              "cats Cat",
		`#[Table('flights')] class Cat extends Model {}`:                                                        "flights Cat",
		`class Cat extends Model { function bs() { return $this->belongsToMany(Dog::class); } }`:                "cat_dog belongsToMany_of_Cat; cats Cat",
		`class Cat extends Model { function bs() { return $this->belongsToMany(Dog::class, 'ab'); } }`:          "ab belongsToMany_of_Cat; cats Cat",
		`class Cat extends Model { function bs() { return $this->belongsToMany(Dog::class, CatDog::class); } }`: "cats Cat",
		`$m = new class extends Model { protected $table = 'x'; };`:                                             "",
		`class User extends Model { const T = 'known'; protected $table = self::T; }`:                           "known User",
		`#[Table(name: 'flights')] class Cat extends Model {}`:                                                  "flights Cat",
		`class Role extends \Spatie\Permission\Models\Role { protected $table = 'roles'; }`:                     "roles Role",
		`class Cat extends Model { protected $table = self::T; }`:                                               "cats Cat",
		`class Cat extends Model { public function __construct() { $this->table = config('x'); } }`:             "cats Cat",
	} {
		c := tree(t, map[string]string{"app/Models/a.php": head + source})
		if got := tables(c); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
		known := strings.Contains(source, "const T") || !strings.Contains(source, "self::T") && !strings.Contains(source, "config(")
		if blind := blindGaps(c) > 0; blind == known {
			t.Errorf("%s: gaps %+v", source, c.Gaps)
		}
	}
}

// blindGaps counts the gaps that spare no column.
func blindGaps(c *contract.Contract) (n int) {
	for _, g := range c.Gaps {
		if g.Reach == contract.Anything && !g.Worded && g.Column == "" {
			n++
		}
	}
	return n
}

// TestLaravelColumns: what a model of users uses.
func TestLaravelColumns(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		class, other string
		want         map[string]contract.Verdict
	}{
		"plain":      {"", "", map[string]contract.Verdict{"users.id": "yes", "users.created_at": "yes", "users.updated_at w": "yes", "users.old": "no", "users w": "yes", "teams.old": "unknown"}},
		"fillable":   {"protected $fillable = ['name', 'email'];", "", map[string]contract.Verdict{"users.email w": "yes", "users.old": "no"}},
		"casts":      {"protected $casts = ['old' => 'array', 'options->x' => 'int'];", "", map[string]contract.Verdict{"users.old": "yes", "users.options": "yes"}},
		"no times":   {"public $timestamps = false;", "", map[string]contract.Verdict{"users.created_at": "no", "users.id": "yes"}},
		"own times":  {"const CREATED_AT = 'made'; const UPDATED_AT = null;", "", map[string]contract.Verdict{"users.made": "yes", "users.created_at": "unknown", "users.updated_at": "unknown"}},
		"key":        {"protected $primaryKey = 'uid';", "", map[string]contract.Verdict{"users.uid": "yes", "users.id": "no"}},
		"getter":     {"public function getKeyName() { return X; }", "", map[string]contract.Verdict{"users.old": "yes"}},
		"soft":       {"use SoftDeletes;", "", map[string]contract.Verdict{"users.deleted_at": "yes", "users.old": "no"}},
		"soft as":    {"use SoftDeletes; const DELETED_AT = 'gone';", "", map[string]contract.Verdict{"users.gone": "yes", "users.deleted_at": "unknown"}},
		"trait":      {"use \\Vendor\\Sluggable;", "", map[string]contract.Verdict{"users.old": "yes"}},
		"belongs to": {"function bossMan() { return $this->belongsTo(User::class); }", "", map[string]contract.Verdict{"users.boss_man_id": "yes"}},
		"key of":     {"function boss() { return $this->belongsTo(User::class, 'led_by'); }", "", map[string]contract.Verdict{"users.led_by": "yes", "users.boss_id": "no"}},
		"morph to":   {"function thing() { return $this->morphTo(); }", "", map[string]contract.Verdict{"users.thing_type": "yes", "users.thing_id": "yes"}},
		"has many":   {"function kids() { return $this->hasMany(User::class); }", "", map[string]contract.Verdict{"users.user_id": "unknown", "users.kid_id": "no"}},
		"morph many": {"function tags() { return $this->morphMany(Tag::class, 'taggable'); }", "", map[string]contract.Verdict{"users.taggable_id": "unknown"}},
		"resolved":   {"", "User::resolveRelationUsing('lead', fn ($u) => $u->belongsTo(User::class));", map[string]contract.Verdict{"users.lead_id": "unknown", "users.old": "no"}},
		"attribute":  {"", "echo $user->old;", map[string]contract.Verdict{"users.old": "unknown"}},
		"comment":    {"", "// old\n/** @property $old */", map[string]contract.Verdict{"users.old": "no"}},
		"accessor":   {"public function getLastNameAttribute($v) {}", "", map[string]contract.Verdict{"users.last_name": "unknown"}},
		"dynamic":    {"", "User::whereLastNameAndOld('x', 1)->get();", map[string]contract.Verdict{"users.last_name": "unknown", "users.old": "unknown"}},
		"made":       {"", "echo $user->{\"{$kind}_at\"} . $user[$a . '_by'];", map[string]contract.Verdict{"users.seen_at": "unknown", "users.made_by": "unknown", "users.old": "no"}},
		"where":      {"", "User::where('old', 1)->where([['a', '=', 1]])->where(['b' => 'v'])->first();", map[string]contract.Verdict{"users.old": "yes", "users.a": "yes", "users.b": "yes", "users.v": "unknown"}},
		"joined":     {"", "User::join('teams', 'teams.id', '=', 'users.team_id')->select('users.*', 'teams.name as n')->get();", map[string]contract.Verdict{"users.old": "yes", "teams.id": "yes", "teams.name": "yes", "teams.n": "unknown"}},
		"write":      {"", "User::query()->where('id', 1)->update(['old' => 1]);", map[string]contract.Verdict{"users.old w": "yes"}},
		"upsert":     {"", "User::upsert([['old' => 1, 'a' => 2]], ['a']);", map[string]contract.Verdict{"users.old w": "yes", "users.a": "yes"}},
		"static":     {"static function x() { return static::where('old', 1); }", "", map[string]contract.Verdict{"users.old": "yes"}},
		"new":        {"", "(new User)->newQuery()->where('old', 1)->first();", map[string]contract.Verdict{"users.old": "yes"}},
		"table":      {"", "DB::table('users as u')->where('u.old', 1)->count();", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"all":        {"", "DB::table('users')->where('a', 1)->get();", map[string]contract.Verdict{"users.z": "yes"}},
		"connection": {"", "DB::connection('x')->table('users')->pluck('old');", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"raw":        {"", "User::whereRaw('old > ?', [1])->get();", map[string]contract.Verdict{"users.old": "yes", "users.z": "no"}},
		"raw of":     {"", "User::whereRaw($x)->get(); $old = 1;", map[string]contract.Verdict{"users.old": "unknown", "users.z": "no"}},
		"sql":        {"", "DB::select('SELECT old FROM users WHERE a = ?', [1]);", map[string]contract.Verdict{"users.old": "yes", "users.a": "yes", "users.z": "no"}},
		"heredoc":    {"", "DB::statement(<<<SQL\n  UPDATE users\n  SET old = {$x}\n  SQL);", map[string]contract.Verdict{"users.old w": "yes"}},
		"copies":     {"", "$new = $user->replicate();", map[string]contract.Verdict{"users.z w": "yes"}},
		"think":      {"", "use think\\Model;", map[string]contract.Verdict{"users.z": "unknown"}},
		"template":   {"", "", map[string]contract.Verdict{"users.shown": "unknown"}},
		"set":        {"", "$m->setTable($x);", map[string]contract.Verdict{"users.z": "unknown"}},
		"schema":     {"", "Schema::table('users', fn ($t) => $t->x());", map[string]contract.Verdict{"users.z": "yes"}},
		"other":      {"", "use Doctrine\\ORM\\EntityManager;", map[string]contract.Verdict{"users.z": "unknown"}},
		"broken":     {"", "class { function ]", map[string]contract.Verdict{"users.z": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tree(t, map[string]string{
				"artisan":                        "",
				"app/Models/User.php":            "<?php\nnamespace App\\Models;\nuse Illuminate\\Database\\Eloquent\\{Model, SoftDeletes};\nclass User extends Model {\n" + tt.class + "\n}\n",
				"app/x.php":                      "<?php\nuse App\\Models\\User;\nuse Illuminate\\Support\\Facades\\{DB, Schema};\n" + tt.other,
				"resources/views/user.blade.php": "<p>{{ $user->shown }}</p>",
			})
			expect(t, c, tt.want)
		})
	}
}

// TestPHPWithoutLaravel: what is not understood is no reason for a no.
func TestPHPWithoutLaravel(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{"a.php": "<?php\nnamespace App\\Http;\nclass A extends Controller {}"})
	if len(c.Relations) > 0 {
		t.Errorf("%+v", c.Relations)
	}
	c = tree(t, map[string]string{"app/models.py": aModel, "a.php": "<?php $db->query(\"SELECT $x FROM t\"); $q = 'SELECT a FROM users';"})
	expect(t, c, map[string]contract.Verdict{"users.a": "yes", "users.b": "unknown", "app_user.db": "unknown"})
}

// TestLaravelSkips: migrations, libraries, tests and translations are no code that runs.
func TestLaravelSkips(t *testing.T) {
	t.Parallel()
	const uses = "<?php echo $user->old;"
	for file, want := range map[string]contract.Verdict{
		"database/migrations/2024_01_01_000000_make_users.php": "no",
		"database/factories/UserFactory.php":                   "no",
		"modules/x/Migrations/2024_01_01_000000_x.php":         "no",
		"vendor/a/b.php":                "no",
		"tests/a.php":                   "no",
		"lang/en/a.php":                 "no",
		"resources/lang/en/a.php":       "no",
		"storage/framework/views/a.php": "no",
		"app/Factories/OldFactory.php":  "unknown",
		"database/seeders/a.php":        "unknown",
		"app/migrations/a.php":          "unknown",
		"packages/x/lang/a.php":         "unknown",
	} {
		c := tree(t, map[string]string{"artisan": "", "vendor/autoload.php": "<?php", "app/Models/User.php": laravelUser, file: uses})
		expect(t, c, map[string]contract.Verdict{"users.old": want, "users.name": "yes"})
	}
}

// TestLaravelPrefix: with a prefix no table has the name that its model gives.
func TestLaravelPrefix(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]contract.Verdict{"''": "no", "'app_'": "unknown", "env('DB_PREFIX')": "unknown"} {
		c := tree(t, map[string]string{"app/Models/User.php": laravelUser,
			"config/database.php": "<?php return ['connections' => ['mysql' => ['driver' => 'mysql', 'prefix' => 'my_'], 'pgsql' => ['driver' => 'pgsql', 'prefix' => " + prefix + "]]];"})
		expect(t, c, map[string]contract.Verdict{"users.old": want})
	}
}

// TestLaravelUpserts: what ON CONFLICT needs, of users or of a table that is not known.
func TestLaravelUpserts(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"User::upsert($rows, ['b', 'a'], ['c']);":                               "users a, b",
		"User::query()->upsert($rows, 'a');":                                    "users a",
		"User::upsert($rows, $by);":                                             "users what is not known",
		"DB::table('logs')->upsert($rows, ['a']);":                              "logs a",
		"$query->upsert($rows, ['a']);":                                         "? a",
		"$query->upsert($rows);":                                                "? what is not known",
		"DB::table('logs')->insertOrIgnore($rows);":                             "",
		"DB::insert('INSERT INTO logs VALUES (1) ON CONFLICT (a) DO NOTHING');": "logs a",
	} {
		c := tree(t, map[string]string{"app/Models/User.php": laravelUser, "a.php": "<?php\nuse App\\Models\\User;\nuse Illuminate\\Support\\Facades\\DB;\n" + source})
		got := ""
		for _, r := range c.Relations {
			for _, u := range r.Uses {
				for _, a := range u.Arbiters {
					got += r.String() + " " + a.String()
				}
			}
		}
		for _, u := range c.Upserts {
			got += "? " + u.Arbiter.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
