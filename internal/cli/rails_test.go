package cli_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestRails is three releases of a Rails application that has nothing
// configured but DATABASE_URL.
func TestRails(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		on(db.URL, "run").in(newRails(t, "first")).run(t).
			expect(t, 0, "running bin/rails db:migrate through the guard", "succeeded")
		// What this run created no running code can know: no shim.
		wantRelations(t, db, "r accounts, r ar_internal_metadata, r schema_migrations")

		old := newOldCode(t, db, "user", "created_at, updated_at", "now(), now()")
		on(db.URL, "run").in(newRails(t, "first", "second")).run(t).
			expect(t, 0, `shimmed  ALTER TABLE "accounts" RENAME TO "members"`, "1 shimmed")
		wantRelations(t, db, "r ar_internal_metadata, r members, r schema_migrations, v accounts")
		old.work(t)

		before, versions := appCatalog(t, db), db.Query(t, "TABLE schema_migrations ORDER BY 1")
		third := newRails(t, "first", "second", "third")
		writeFile(t, third, "migguard.toml", dropsRefused)
		r := on(db.URL, "run").in(third).run(t)
		r.expect(t, 77, "refused", `ALTER TABLE "members" DROP COLUMN "notes"`, "(dropped-column)", "refused: ")
		if !strings.Contains(r.stderr, "PG::") || strings.Contains(r.stderr, "LoadError") {
			t.Errorf("Rails does not say the reason in its own words:\n%s", r.stderr)
		}
		sameCatalog(t, before, appCatalog(t, db))
		if after := db.Query(t, "TABLE schema_migrations ORDER BY 1"); len(after) != 4 || len(versions) != 4 {
			t.Errorf("schema_migrations before %v, after %v", versions, after)
		}
		old.work(t)

		writeFile(t, third, "migguard.toml", "")
		on(db.URL, "run").in(third).run(t).expect(t, 0, `shimmed  ALTER TABLE "members" DROP COLUMN "notes"`, "1 shimmed")
		if after := db.Query(t, "TABLE schema_migrations ORDER BY 1"); len(after) != 5 {
			t.Errorf("schema_migrations %v", after)
		}
		old.work(t)
	})
}

// dropsRefused is the policy of an application that has nothing stay that a
// migration drops.
const dropsRefused = "[policy]\ndropped-column = 'refuse'\ndropped-table = 'refuse'\n"

// wantRelations compares what is in the schema public, by kind and name.
func wantRelations(t *testing.T, db *pgtest.DB, want string) {
	t.Helper()
	got := db.Value(t, `
		SELECT coalesce(string_agg(relkind::text || ' ' || relname, ', ' ORDER BY relkind, relname), '')
		FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')`)
	if got != want {
		t.Fatalf("relations: %s\nwant       %s", got, want)
	}
}
