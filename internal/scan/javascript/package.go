package javascript

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// Package is a package.json: the names of what it depends on.
type Package struct {
	dir, name string
	at        contract.Evidence
	needs     []string
	local     bool // something it needs is a folder that is not told by its name
	broken    bool
	// folders are the names of those its files stand in.
	folders map[string]bool
}

func readPackage(at string, src []byte) *Package {
	p := &Package{dir: path.Dir(at), at: contract.Evidence{File: at}, folders: make(map[string]bool)}
	var file struct {
		Name                                                                  string
		Dependencies, DevDependencies, OptionalDependencies, PeerDependencies map[string]string
	}
	if err := json.Unmarshal(src, &file); err != nil {
		p.broken = true
		return p
	}
	p.name = file.Name
	for _, list := range []map[string]string{file.Dependencies, file.DevDependencies, file.OptionalDependencies, file.PeerDependencies} {
		for name, version := range list {
			p.needs = append(p.needs, name)
			// npm:other@1 is another package under this name.
			if alias, ok := strings.CutPrefix(version, "npm:"); ok {
				p.needs = append(p.needs, alias[:max(strings.LastIndex(alias, "@"), 0)])
			}
			for _, prefix := range []string{"file:", "link:", "portal:", "workspace:", ".", "/"} {
				p.local = p.local || strings.HasPrefix(version, prefix) && prefix != "workspace:"
			}
		}
	}
	slices.Sort(p.needs)
	return p
}

var (
	// databaseWords are parts of names of packages that speak to databases, or
	// may.
	databaseWords = found.Expression(`(?i)(?:^|[^a-z])(?:pg\w*|db|dbs|sql|orm|database|databases|prisma|lucid|kysely|knex|drizzle|bookshelf|objection|massive|slonik|zapatos|waterline|sails|strapi|directus|payload\w*|keystone|keystonejs|keystatic|postgraphile|graphile\w*|hasura|supabase|postgrest|remult|wasp|redwood\w*|feathers\w*|loopback\w*|neon\w*|gel|edgedb|orchid|mikro)(?:$|[^a-z])`)
	databaseParts = found.Expression(`(?i)postgres|psql|sqlite|mysql|mssql|sequelize|typeorm|mikro-orm|\bsql-|-sql\b|knex|prisma|database|repository|datasource`)
)

// isDatabase tells a package that may lead to a database, by its name. Types only
// are none.
func isDatabase(name string) bool {
	if strings.HasPrefix(name, "@types/") {
		return false
	}
	return databaseWords().MatchString(name) || databaseParts().MatchString(name)
}

// otherORMs are packages whose models and builders are not understood: they use
// tables and columns by names of their own.
var otherORMs = found.Expression(`^(?:kysely|kysely-.*|@mikro-orm/.*|mikro-orm|objection|objection-.*|bookshelf|bookshelf-.*|waterline|sails-postgresql|sails|orm|massive|zapatos|@pgtyped/.*|pgtyped|` +
	`@loopback/repository|loopback-connector-.*|loopback|loopback-datasource-juggler|@strapi/.*|strapi|strapi-.*|directus|@directus/.*|payload|@payloadcms/.*|@keystone-6/.*|@keystonejs/.*|keystone|@adonisjs/lucid|` +
	`@feathersjs/knex|feathers-.*|postgraphile|graphile|graphile-.*|@graphile/.*|@databases/.*|remult|orchid-orm|rake-db|@supabase/.*|gel|edgedb|wasp|@redwoodjs/.*|@zenstackhq/.*|@sequelize/.*|` +
	`@rocicorp/.*|waddler|sequelize-auto|sequelize-oracle|camaro-orm|deepkit|@deepkit/.*|joist-orm|prisma-kysely|kysely-prisma|prisma-extension-kysely|pg-structure|pogi|sutando|squel|node-sql|sql-bricks.*|pg-bricks|jetqueries|@vramework/.*|torm|ts-sql-query|orange-orm|rdb|monk-orm|mongo-orm|@ts-safeql/.*|sql-template-builder|knex-.*|@electric-sql/.*|typed-sql|@forge/sql|postgrest-js|hasura|nestjs-prisma-crud|@neondatabase/toolkit)$`)

// forBrowsers are packages that a program for browsers is made with, and forServers
// those that one for a server is: what a server loads may hand it a database under
// any name.
var (
	forBrowsers = found.Expression(`^(?:react-dom|react|react-native|expo|preact|vue|svelte|@angular/core|solid-js|lit|ember-source|jquery|alpinejs|@hotwired/.*|stimulus|backbone|vite|webpack|parcel|rollup|@rails/.*)$`)
	forServers  = found.Expression(`^(?:express|fastify|koa|hono|restify|polka|connect|next|nuxt|nuxt3|gatsby|astro|@remix-run/.*|@react-router/(?:node|serve)|@sveltejs/kit|@tanstack/.*start|@solidjs/start|@analogjs/.*|@nestjs/.*|@hapi/.*|@trpc/server|@apollo/server|apollo-server.*|graphql-yoga|@adonisjs/.*|sails|meteor|` +
		`moleculer|bull|bullmq|bee-queue|agenda|kafkajs|amqplib|ioredis|redis|aws-lambda|serverless.*|@google-cloud/functions-framework|socket\.io|ws|nodemailer|node-cron|cron|electron)$`)
)

// isBrowsers tells a package whose program runs in browsers.
func (p *Package) isBrowsers() bool {
	return slices.ContainsFunc(p.needs, forBrowsers().MatchString) && !slices.ContainsFunc(p.needs, forServers().MatchString)
}

// harmless are packages with names of that kind whose ways to the database are
// looked at, or that have tables of their own.
var harmless = found.Expression(`^(?:pg|pg-(?:pool|native|cursor|query-stream|promise|connection-string|format|types|protocol|boss|minify|monitor|hstore|migrate|copy-streams|listen|pubsub|mem)|node-pg-migrate|postgres|postgres-.*|pgpass|connect-pg-simple|slonik|` +
	`sql-template-(?:strings|tag)|@vercel/postgres|@neondatabase/serverless|sqlite3|better-sqlite3|sql\.js|mysql2?|mssql|mime-db|caniuse-db|idb.*|db-migrate.*|prisma|@prisma/.*|prisma-.*|sequelize|sequelize-.*|@nestjs/(?:sequelize|typeorm)|` +
	`typeorm|typeorm-.*|drizzle-.*|knex|embedded-postgres|@embedded-postgres/.*|@auth/.*-adapter|.*eslint.*|.*prettier.*|.*-loader|.*vite.*)$`)

// tree is all packages of a tree.
type tree struct {
	packages map[string]*Package // by folder
	byName   map[string]*Package
	speaks   map[*Package]bool
}

// newTree sorts packages into those that may speak to a database and those that
// do not: they are made for browsers, and nothing that they can load is called like
// one that does.
func newTree(files []*File) *tree {
	t := &tree{packages: make(map[string]*Package), byName: make(map[string]*Package), speaks: make(map[*Package]bool)}
	for _, f := range files {
		if f.pkg != nil {
			t.packages[f.pkg.dir] = f.pkg
			t.byName[f.pkg.name] = f.pkg
		}
	}
	for _, f := range files {
		if p := t.of(f.path); p != nil && f.pkg == nil {
			for _, folder := range strings.Split(strings.TrimPrefix(path.Dir(f.path), p.dir), "/") {
				p.folders[folder] = true
			}
		}
	}
	for _, p := range t.packages {
		t.speaks[p] = !p.isBrowsers()
		for _, above := range t.chain(p.dir) {
			t.speaks[p] = t.speaks[p] || above.broken || above.local || slices.ContainsFunc(above.needs, isDatabase) || isDatabase(above.name)
		}
	}
	for _, f := range files {
		if p := t.of(f.path); p != nil && f.pkg == nil && (f.speaks || f.prisma != nil || slices.ContainsFunc(f.modules, t.foreign(f, p))) {
			t.speaks[p] = true
		}
	}
	// What a package loads of the tree it speaks through.
	for changed := true; changed; {
		changed = false
		for _, p := range t.packages {
			for _, above := range t.chain(p.dir) {
				for _, need := range above.needs {
					if other := t.byName[need]; !t.speaks[p] && other != nil && t.speaks[other] {
						t.speaks[p], changed = true, true
					}
				}
			}
		}
	}
	return t
}

// chain is the packages of a folder and of those around it: their libraries can be
// loaded.
func (t *tree) chain(dir string) []*Package {
	var all []*Package
	for {
		if p := t.packages[dir]; p != nil {
			all = append(all, p)
		}
		if dir == "." || dir == "/" || dir == "" {
			return all
		}
		dir = path.Dir(dir)
	}
}

// of is the package a file belongs to, nil if there is none.
func (t *tree) of(file string) *Package {
	if chain := t.chain(path.Dir(file)); len(chain) > 0 {
		return chain[0]
	}
	return nil
}

// quiet tells a file that speaks to no database.
func (t *tree) quiet(f *File) bool {
	p := t.of(f.path)
	return p != nil && !t.speaks[p]
}

// foreign tells modules that leave a package for what its package.json does not
// tell.
func (t *tree) foreign(f *File, p *Package) func(string) bool {
	return func(module string) bool {
		if strings.HasPrefix(module, ".") {
			to := path.Join(path.Dir(f.path), module)
			return t.of(path.Join(to, "x")) != p && t.of(to) != p
		}
		if isForeign(module) {
			return true
		}
		name := packageOf(module)
		return isDatabase(name) || t.isAlias(name, p)
	}
}

// isForeign tells a module that no package.json names: a URL, npm:, jsr:, bun:.
func isForeign(module string) bool {
	return strings.Contains(module, ":") && !strings.HasPrefix(module, "node:") || module == "bun"
}

// mayLeave tells modules that may be foreign to some package: others are libraries
// called like nothing of the kind.
func mayLeave(module string) bool {
	return strings.HasPrefix(module, ".") || strings.Contains(module, ":") || module == "bun" || strings.Contains(packageOf(module), "/")
}

// isAlias tells a module that a configuration may put anywhere: it is called like
// a package, and neither a package.json nor a folder has the name.
func (t *tree) isAlias(name string, p *Package) bool {
	scope, _, scoped := strings.Cut(name, "/")
	if !scoped || scope == "@" || t.byName[name] != nil {
		return false
	}
	for _, above := range t.chain(p.dir) {
		if slices.Contains(above.needs, name) {
			return false
		}
	}
	return !p.folders[strings.TrimPrefix(scope, "@")]
}

// packageOf is the package of a module: @a/b of @a/b/c.
func packageOf(module string) string {
	parts := strings.SplitN(module, "/", 3)
	if strings.HasPrefix(module, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
