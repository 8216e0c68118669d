package ledger

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestBoots(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l := locked(t, db.URL)
		announce := func(dyno, build, id string) {
			t.Helper()
			if err := l.Announce(t.Context(), Boot{App: "shop", Dyno: dyno, Build: build, DynoID: id, Version: "v2", Schema: "mg_" + build, Path: `mg_x, "$user"`}); err != nil {
				t.Fatal(err)
			}
		}
		list := func(builds ...string) (all string) {
			t.Helper()
			boots, err := l.Boots(t.Context(), builds)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range boots {
				if b.Schema != "mg_"+b.Build || b.Path != `mg_x, "$user"` || b.Version != "v2" || b.At.IsZero() {
					t.Errorf("%+v", b)
				}
				all += fmt.Sprintf("%s/%s/%s%s ", b.App, b.Dyno, b.Build, b.DynoID)
			}
			return all
		}
		announce("web.1", "a", "1")
		announce("web.2", "a", "")
		announce("web.1", "a", "2")
		announce("web.1", "b", "")
		if got := list("a", "c"); got != "shop/web.2/a shop/web.1/a2 " {
			t.Error(got)
		}
		announce("web.1", "c", "")
		announce("web.1", "d", "")
		if got := list("a", "b", "c", "d"); got != "shop/web.2/a shop/web.1/b shop/web.1/c shop/web.1/d " {
			t.Errorf("not the last of a name: %s", got)
		}
		db.Exec(t, "update migguard.boot set announced_at = now() - interval '31 days' where dyno = 'web.2'")
		if err := l.Withdraw(t.Context(), "shop", "web.1"); err != nil {
			t.Fatal(err)
		}
		announce("web.3", "a", "")
		if got := list("a", "b", "c", "d"); got != "shop/web.3/a " {
			t.Error(got)
		}
	})
}

func TestRunnerPaths(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := locked(t, db.URL)
	record := func(build, problem string) {
		t.Helper()
		id := begin(t, l, build)
		if err := l.RecordRunnerPath(t.Context(), id, RunnerPath{Build: build, Schema: "mg_" + build, Sessions: 2, Problem: problem}); err != nil {
			t.Fatal(err)
		}
		finish(t, l, id, Succeeded)
	}
	record("a", "")
	record("b", "one did not")
	record("b", "")
	record("c", "")
	record("c", "it did not")
	got, err := l.RunnerPaths(t.Context(), []string{"a", "b", "c", "d"})
	if err != nil || len(got) != 3 || got["a"].Problem+got["b"].Problem != "" || got["c"] != (RunnerPath{"c", "mg_c", 2, "it did not"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for n := range keptContracts {
		record(fmt.Sprint("new", n), "")
	}
	if got, err := l.RunnerPaths(t.Context(), []string{"a", "new0", "new49"}); err != nil || len(got) != 2 || got["a"].Build != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if ahead, give, err := l.Ahead(t.Context()); err != nil || ahead.Abs() > give+time.Second || give <= 0 {
		t.Errorf("the clock of a server on this machine: %v, %v, %v", ahead, give, err)
	}
}

// TestSteeringOfOldLedger: a ledger that no run has brought up to date has heard
// of no dynos, and takes no announcement.
func TestSteeringOfOldLedger(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	none := open(t, db.URL)
	if err := none.Announce(t.Context(), Boot{App: "shop", Dyno: "web.1", Build: "a"}); !errors.Is(err, ErrNoLedger) {
		t.Errorf("without a ledger: %v", err)
	}
	if err := locked(t, db.URL).Close(); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, "alter table migguard.task drop column withheld; drop function migguard.locate, migguard.is_restored, migguard.relocate, migguard.begin_restored; drop table migguard.located, migguard.withheld, migguard.boot, migguard.runner_path, migguard.seen; alter table migguard.seen_query drop column began, drop column killed",
		"alter table migguard.deferred drop column copy_of, drop column ready, drop column conversion", "update migguard.schema_version set version = 10")
	old := open(t, db.URL)
	if err := old.Announce(t.Context(), Boot{App: "shop", Dyno: "web.1", Build: "a"}); !errors.Is(err, ErrNoLedger) {
		t.Errorf("Announce: %v", err)
	}
	if err := old.Withdraw(t.Context(), "shop", "web.1"); !errors.Is(err, ErrNoLedger) {
		t.Errorf("Withdraw: %v", err)
	}
	if boots, err := old.Boots(t.Context(), []string{"a"}); err != nil || boots != nil {
		t.Errorf("Boots: %v, %v", boots, err)
	}
	if paths, err := old.RunnerPaths(t.Context(), []string{"a"}); err != nil || len(paths) != 0 {
		t.Errorf("RunnerPaths: %v, %v", paths, err)
	}
	if err := old.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	if err := old.Announce(t.Context(), Boot{App: "shop", Dyno: "web.1", Build: "a", Schema: "mg_a", Path: "mg_a"}); err != nil {
		t.Errorf("brought up to date: %v", err)
	}
}
