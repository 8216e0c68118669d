package release_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// victimScenario makes the test binary a run of the scenario of that name, to be
// killed: of its deploy victimDeploy, on the database scenarioURL of victimMajor,
// while the builds victimRunning run.
const (
	victimScenario = "RELEASE_VICTIM_SCENARIO"
	victimDeploy   = "RELEASE_VICTIM_DEPLOY"
	victimRunning  = "RELEASE_VICTIM_RUNNING"
	scenarioURL    = "RELEASE_VICTIM_DATABASE"
)

// scenarioKills is how many runs are killed, unless MIGGUARD_TEST_KILLS says it.
const scenarioKills = 10

// actInScenario is what the test binary does as a victim.
func actInScenario(ctx context.Context, name string) int {
	s := scenarios[slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })]
	major, err := strconv.Atoi(os.Getenv(victimMajor))
	n, err2 := strconv.Atoi(os.Getenv(victimDeploy))
	if err != nil || err2 != nil {
		return 2
	}
	platform := &formation{running: strings.Fields(os.Getenv(victimRunning))}
	platform.releases(firstBuild)
	codes := map[string]code{firstBuild: s.old}
	for _, d := range s.deploys[:n] {
		platform.releases(d.build)
		codes[d.build] = d.code
	}
	var runs []code
	for _, build := range platform.running {
		runs = append(runs, codes[build])
	}
	d := s.deploys[n]
	ended, err := runScenario(ctx, os.Getenv(scenarioURL), major, platform, d.code, runs, os.Stdout, func() { fmt.Println(startingCommand) }, d.messages(n)...)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return ended.Exit
}

// Killed at any instant, a run of any scenario leaves all code working and the data
// whole, and the next run of the build carries on to the same end.
func TestScenariosKilled(t *testing.T) {
	t.Parallel()
	kills := numberIn(t, "MIGGUARD_TEST_KILLS", scenarioKills)
	server := pgtest.New(t).Server
	var whole span // of a run that is left alone, the first one
	ends := map[string]int{}
	for i, done := 0, 0; done < kills && i <= 3*kills; i++ {
		s := scenarios[rand.N(len(scenarios))]
		at := rand.N(len(s.deploys))
		t.Run(fmt.Sprintf("%d-%s-%d", i, strings.ReplaceAll(s.name, " ", "-"), at), func(t *testing.T) {
			outcome := s.guarded(t, server.NewDB(t), func(st *stage, n int) {
				if n != at {
					return
				}
				kill := span{starting: patience}
				switch {
				case i == 0:
				case rand.N(4) == 0:
					kill = span{starting: rand.N(whole.starting)}
				default: // the load makes some of them slower
					kill = span{starting: patience, working: rand.N(whole.working * 3 / 2)}
				}
				took, killed := st.kill(t, n, kill)
				if i == 0 {
					whole = took
				}
				if killed {
					done++
					ends["migrated "+st.db.Value(t, "select count(*) > 0 from versions where n = $1", n)]++
				}
			})
			played{scenario: s, guarded: outcome}.checkGuarded(t)
		})
	}
	fmt.Printf("killed %v, of runs that start for %v and then take %v\n", ends, whole.starting.Round(time.Millisecond), whole.working.Round(time.Millisecond))
	if len(ends) == 0 {
		t.Error("nobody was killed")
	}
}

// A span is how long a run takes until its command starts, and from then on; or,
// of which working counts if it is not 0, when it is killed.
type span struct{ starting, working time.Duration }

// startingCommand is what a victim says when its command is about to start.
const startingCommand = "starting"

// kill runs a deploy in a process of its own, and kills that after a while. The
// server may take a moment longer to notice.
func (st *stage) kill(t *testing.T, n int, after span) (took span, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimScenario+"="+st.name, fmt.Sprint(victimDeploy, "=", n), fmt.Sprint(victimMajor, "=", st.db.Major),
		victimRunning+"="+strings.Join(st.running(), " "), scenarioURL+"="+st.db.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after.starting, func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	var said []string
	started := false
	for lines.Scan() {
		said = append(said, lines.Text())
		if lines.Text() != startingCommand || started { // it is started again when a copy is there
			continue
		}
		started = true
		took.starting, began = time.Since(began), time.Now()
		if after.working > 0 {
			timer.Stop()
			timer = time.AfterFunc(after.working, func() { _ = cmd.Process.Kill() })
		}
	}
	err = cmd.Wait()
	timer.Stop()
	took.working = time.Since(began)
	killed = cmd.ProcessState.ExitCode() < 0
	if err != nil && !killed && cmd.ProcessState.ExitCode() != release.ExitRefused {
		t.Fatalf("the victim: %v\n%s", err, strings.Join(said, "\n"))
	}
	await(t, st.db, `select count(*) = 0 from pg_stat_activity
		where datname = current_database() and backend_type = 'client backend' and application_name not like 'build %' and pid <> pg_backend_pid()`)
	st.crowd.goesOn(t)
	return took, killed
}

// syncKills is how many runs are killed that make a copy, spread over all that they do.
const syncKills = 5

// A copy is made outside of the migration's transaction: killed anywhere, the next run
// goes on with it.
func TestSyncKilled(t *testing.T) { copyKilled(t, "rename column, by sync") }

// So is one of another type, with the overlays beside it.
func TestRetypeKilled(t *testing.T) { copyKilled(t, "int to bigint, of a large table, steered") }

// And one of a primary key, which another index stays for.
func TestRetypeKeyKilled(t *testing.T) { copyKilled(t, "int to bigint, of a primary key, steered") }

func copyKilled(t *testing.T, name string) {
	t.Parallel()
	server := pgtest.New(t).Server
	s := scenarios[slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })]
	s.given += "; insert into users (key, email, team) select 'many' || g, g || '@many.example.com', 1 from generate_series(1, 20000) g; create index on users (name, amount); create index on users (lower(name), amount)"
	var whole span
	states := map[string]int{} // that the killed have left
	for i := range syncKills + 1 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			outcome := s.guarded(t, server.NewDB(t), func(st *stage, n int) {
				kill := span{starting: patience}
				if i > 0 {
					kill.working = whole.working * time.Duration(i) / (syncKills + 1)
				}
				took, killed := st.kill(t, n, kill)
				if i == 0 {
					whole = took
				} else if killed {
					states[st.db.Value(t, `select coalesce((select kind || ' ' || ready from migguard.deferred), 'nothing') || ', ' || count(*) || ' tasks' from migguard.task where closed_at is null`)]++
				}
			})
			played{scenario: s, guarded: outcome}.checkGuarded(t)
		})
	}
	t.Logf("of runs that take %v, killed with %v", whole.working.Round(time.Millisecond), states)
	if len(states) == 0 {
		t.Error("none was killed")
	}
}
