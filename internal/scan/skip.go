package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
)

// neverCode are folders that hold no code of the running application, wherever
// they stand: libraries, which are a gap of their own, caches, tools, and code
// for browsers.
var neverCode = []string{"node_modules", "bower_components", "__pycache__", "site-packages", "dist-packages", "testdata", "sorbet", "static", "staticfiles", "__tests__", "__mocks__"}

// atTop are folders of that kind at the top of an application, unless they are
// packages of Python: an application may be called assets.
var atTop = []string{"public", "tmp", "log", "coverage", "doc", "docs", "vendor/cache", "assets", "cypress", "features", "extra", "examples"}

// forBrowsers are such folders of an application and of its engines.
var forBrowsers = []string{"app/assets", "app/javascript", "app/frontend", "vendor/assets", "vendor/javascript"}

// skipped tells whether a folder is left out by its name and by what stands
// beside it.
func skipped(at string, beside map[string]bool) bool {
	base := path.Base(at)
	if strings.HasPrefix(base, ".") || slices.Contains(neverCode, base) ||
		slices.ContainsFunc(forBrowsers, func(folder string) bool { return strings.HasSuffix("/"+at, "/"+folder) }) {
		return true
	}
	switch base {
	case "vendor":
		return beside["go.mod"] // Go's libraries
	case "storage", "tests":
		return beside["artisan"] // what Laravel has compiled, and its tests
	case "factories":
		return path.Base(path.Dir(at)) == "database" // Laravel's, for tests
	case "lang":
		return beside["artisan"] || path.Base(path.Dir(at)) == "resources" // translations
	case "deps", "_build":
		return beside["mix.exs"] // Elixir's libraries, and what is compiled
	case "versions":
		// Alembic's migrations, and those of sqlalchemy-migrate.
		return isAlembic(beside) || beside["migrate.cfg"]
	case "bundle":
		return false // holdsCode looks closer
	case "migrate", "post_migrate":
		return path.Base(path.Dir(at)) == "db"
	case "templates":
		return strings.Contains(at, "generators/")
	case "spec", "test":
		// Of an engine or a plugin. Inside app and lib it may be a namespace.
		return beside["lib"] || beside["app"] || beside["init.rb"] || beside["Rakefile"] || beside["package.json"]
	}
	return false
}

// isAlembic tells the folder of an Alembic environment by what is in it.
func isAlembic(names map[string]bool) bool { return names["env.py"] && names["script.py.mako"] }

// holdsCode tells whether a folder is to be read, from what it holds.
func holdsCode(at string, names map[string]bool) bool {
	switch base := path.Base(at); {
	case names["pyvenv.cfg"]:
		return false
	case slices.Contains(atTop, at):
		return names["__init__.py"] || names["models.py"]
	case base == "migrations" && names["__init__.py"] || isDrizzle(names):
		return false
	case isComposer(base, names) || isSteps(names):
		return false
	case base == "tests" || base == "test":
		// An application may be called so: then it has models.
		return !names["__init__.py"] || names["models.py"] || names["models"] || names["apps.py"]
	}
	rest, ok := inGem(at)
	return !ok || rest == "" || strings.HasPrefix("app/models/", rest+"/") || strings.HasPrefix(rest, "app/models/")
}

// drizzleStep is how Drizzle's migrations are called, beside their folder meta.
var drizzleStep = found.Expression(`^\d{4}_\w+\.sql$`)

func isDrizzle(names map[string]bool) bool {
	return names["meta"] && slices.ContainsFunc(slices.Collect(keys(names)), drizzleStep().MatchString)
}

// isComposer tells PHP's libraries, where no gems stand beside them.
func isComposer(base string, names map[string]bool) bool {
	return base == "vendor" && names["autoload.php"] && !names["bundle"]
}

// steps is how Laravel's and Ecto's migrations are called.
var steps = found.Expression(`^(?:\d{4}_\d\d_\d\d_\d{6}_\w+\.php|\d{14}_\w+\.exs)$`)

// isSteps tells a folder that holds such files, and no others of code.
func isSteps(names map[string]bool) bool {
	some := false
	for name := range names {
		if languageOf(name) != "" && !steps().MatchString(name) && name != ".formatter.exs" {
			return false
		}
		some = some || steps().MatchString(name)
	}
	return some
}

// scriptTest is how tests of JavaScript are called, and declarations of types,
// which hold no code.
var scriptTest = found.Expression(`\.(?:(?:test|spec|stories)\.[cm]?[jt]sx?|d\.[cm]?ts)$`)

// inGem tells what is the path inside a gem that was installed into the tree.
// Of those the models have tables; the rest is a gap of its own.
func inGem(at string) (rest string, ok bool) {
	_, inside, ok := strings.Cut("/"+at, "/vendor/bundle/")
	if !ok {
		return "", false
	}
	_, gem, ok := strings.Cut(inside, "/gems/")
	if !ok {
		return "", false
	}
	_, rest, _ = strings.Cut(gem, "/")
	return rest, true
}

// ofModel tells whether a file may be read: all but tests of JavaScript, and those of
// gems that are no models.
func ofModel(at string) bool {
	rest, ok := inGem(at)
	return (!ok || strings.HasPrefix(rest, "app/models/")) && !scriptTest().MatchString(at)
}

// isDump tells a picture of the schema, which names every table and uses none, and
// migrations, as golang-migrate has them.
func isDump(at string) bool {
	base := path.Base(at)
	return path.Base(path.Dir(at)) == "db" && (strings.HasSuffix(base, "schema.rb") || strings.HasSuffix(base, "structure.sql")) ||
		strings.HasSuffix(base, "schema.sql") || strings.HasSuffix(base, ".up.sql") || strings.HasSuffix(base, ".down.sql") || strings.Contains("/"+at, "/migrations/") && strings.HasSuffix(base, ".sql")
}

// migration is what the tools goose, dbmate and sql-migrate know their files by.
var migration = found.Expression(`(?m)^--\s*(?:\+goose Up|migrate:up|\+migrate Up)\b`)

// migrationWords are those of which one is in each match.
var migrationWords = found.NewSought("", []string{"+goose up", "migrate:up", "+migrate up"})

func isMigration(src []byte) bool { return migrationWords.In(src) != 0 && migration().Match(src) }
