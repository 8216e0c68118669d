package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// The catalogue's examples do on a server what they say.
func TestExamplesOnServer(t *testing.T) {
	t.Parallel()
	for _, h := range hazard.All {
		t.Run(h.ID, func(t *testing.T) {
			t.Parallel()
			pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
				users := `create type mood as enum ('sad', 'ok');
					create table users (id bigint primary key, notes text not null, mood mood not null default 'ok');` + h.Given
				good := setup(t, db, options{waits: h.Tolerable}, users)
				good.run(t, h.Good)
				if _, refused := good.Recorded(); refused > 0 || good.standing(t) != "" {
					t.Errorf("%s: %d refused", h.Good, refused)
				}
				o := options{large: h.Kind == hazard.BlocksTraffic, waits: h.Tolerable}
				if h == hazard.RenamedConstraint {
					o.code = naming("users", "users_notes_key")
				}
				bad := setup(t, db.Server.NewDB(t), o, users, "insert into users values (1, 'x')")
				switch h {
				case hazard.BlockingAlter, hazard.BlockingIndex, hazard.BlockingConstraint, hazard.BlockingRefresh:
					bad.run(t, h.Bad)
					if verdicts, _ := bad.Recorded(); len(verdicts) != 1 || verdicts[0] != "rewrite" {
						t.Errorf("%s: %v", h.Bad, verdicts)
					}
					return
				case hazard.RenamedTable:
					bad.run(t, h.Bad)
					bad.wants(t, "accounts r, users v", "users -> accounts")
					return
				case hazard.DroppedColumn, hazard.DroppedTable, hazard.DroppedView, hazard.RenamedColumn, hazard.RejectedWrite, hazard.UnfilledColumn:
					bad.run(t, h.Bad)
					if verdicts, _ := bad.Recorded(); len(verdicts) == 0 || verdicts[len(verdicts)-1] != "shim" {
						t.Errorf("%s: %v", h.Bad, verdicts)
					}
					bad.olds(t, "select id, notes from users")
					return
				}
				if h.Passing {
					sql := h.Bad
					if h == hazard.ChangedSession { // of the server's role, which other tests have, too
						sql = "begin; " + sql + " rollback"
					}
					bad.run(t, sql)
					return
				}
				code := h.Code
				if h == hazard.RequiredColumn {
					code = "23502" // with rows the server says no
				}
				bad.fails(t, code, h.Bad)
				bad.olds(t, "select id, notes from users")
			})
		})
	}
}
