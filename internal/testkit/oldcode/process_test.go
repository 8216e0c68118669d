package oldcode

import (
	"os"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// Each application works, in one database after the other, as long as nobody
// changes its tables, and notices when somebody does.
func TestApplications(t *testing.T) {
	t.Parallel()
	for _, name := range Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
				p := Start(t, name)
				for _, db := range []*pgtest.DB{db, db.Server.NewDB(t)} {
					db.Exec(t, Schema())
					p.Open(t, db.URL)
					for _, o := range p.Act(t) {
						if o.Error != "" {
							t.Errorf("%+v", o)
						}
					}
					db.Exec(t, "ALTER TABLE accounts DROP COLUMN nickname")
					failed := ""
					for _, o := range p.Act(t) {
						if o.Error != "" {
							failed += o.Action + ": " + o.Error + "\n"
						}
					}
					t.Logf("without the column: %s", failed)
					if failed == "" {
						t.Error("it did not notice that a column is gone")
					}
					p.Close(t)
				}
			})
		})
	}
}

// Each ORM works on the tables that it was written for.
func TestORMs(t *testing.T) {
	t.Parallel()
	for _, name := range ORMs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
				db.Exec(t, SchemaORM())
				p := StartORM(t, name)
				outcomes := append(p.Boot(t, db.URL), p.Act(t)...)
				for _, o := range outcomes {
					if o.Error != "" {
						t.Errorf("%+v", o)
					}
				}
				t.Logf("%d done", len(outcomes))
			})
		})
	}
}
