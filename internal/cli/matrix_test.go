package cli_test

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// matrixVariable is "full" for every fault at every state; "make matrix".
const matrixVariable = "MIGGUARD_TEST_MATRIX"

// atOnce is how many cases run at the same time. Most of a case is waiting.
const atOnce = 8

// A matrix disturbs deploys that need maintenance: (state x fault). The states
// are the calls of the Platform API in a deploy that nobody disturbs, and what
// the ledger says; the faults are those of the emulator, and kills.
type matrix struct {
	base    *pgtest.DB // as the first release left it
	first   string     // folders of builds
	courses []*course
	cases   atomic.Int64
	unmet   atomic.Int64
	failed  atomic.Int64
}

// A course is one deploy.
type course struct {
	name   string
	code   platform.Code
	folder string
	ends   string // a release's status
	points []point
}

// A point is the n-th call of its kind in a course.
type point struct {
	method, path string
	n            int  // from 1
	settling     bool // by a new dyno
	late         bool // nothing hangs on it any more
}

func (p point) String() string {
	return strings.ToLower(p.method) + "-" + path.Base(p.path) + "-" + strconv.Itoa(p.n)
}

// fault is one that meets the point, and then times more.
func (p point) fault(kind herokutest.Kind, times int) herokutest.Fault {
	return herokutest.Fault{Kind: kind, Method: p.method, Path: "^" + p.path + "$", Skip: p.n - 1, Times: times}
}

// TestMatrix: whatever goes wrong at whatever state, in the end the migration
// is done exactly if a release succeeded, maintenance mode is off, the workers
// are back, and neither a visitor nor a worker has noticed anything but 503.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	all := m.all()
	if os.Getenv(matrixVariable) != "full" {
		all = sample(all)
	}
	queue := make(chan disturbance)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for d := range queue {
				m.play(t, d)
			}
		})
	}
	for _, d := range all {
		queue <- d
	}
	close(queue)
	workers.Wait()
	t.Logf("matrix: %d cases, %d failures; %d never came to their fault", m.cases.Load(), m.failed.Load(), m.unmet.Load())
}

func (m *matrix) play(t *testing.T, d disturbance) {
	var ran, met bool
	ok := t.Run(d.String(), func(t *testing.T) {
		ran = true
		met = m.disturb(t, d)
	})
	if !ran {
		return // not chosen
	}
	m.cases.Add(1)
	switch {
	case !ok:
		m.failed.Add(1)
	case !met:
		m.unmet.Add(1)
		t.Logf("%s: the course has not come to it", d)
	}
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	m := &matrix{base: pgtest.New(t), first: buildpack().Folder(t, before()), courses: []*course{
		{name: "rename", code: after(), ends: herokutest.Succeeded},
		{name: "failing", code: divides(), ends: herokutest.Failed},
	}}
	on(m.base.URL, "run", "--build", before().ID).in(m.first).
		with("HEROKU_RELEASE_VERSION=v2", "HEROKU_APP_NAME=shop").run(t).expect(t, 0)
	for _, c := range m.courses {
		c.folder = buildpack().Folder(t, c.code)
		t.Run("undisturbed "+c.name, func(t *testing.T) { m.learn(t, c) })
	}
	// Up to the failure they are the same.
	m.courses[1].points = slices.DeleteFunc(m.courses[1].points, func(p point) bool {
		return slices.ContainsFunc(m.courses[0].points, func(q point) bool {
			return p.method == q.method && p.path == q.path && p.n == q.n && !q.settling
		})
	})
	return m
}

// learn plays a course and keeps its calls.
func (m *matrix) learn(t *testing.T, c *course) {
	s := m.shop(t)
	v := s.Visit(t)
	before := len(s.Platform.Calls())
	r := s.PushFolder(t, c.code, c.folder)
	s.Ends(t, r, c.ends)
	at := s.State().Releases[r.Version-1].UpdatedAt
	off := s.Becomes(t, "all is as before", platform.Calm).At
	s.Rests(t)
	s.WantUntroubled(t, v)
	s.WantSettled(t)
	seen := map[string]int{}
	for _, call := range s.Platform.Calls()[before:] {
		seen[call.Method+call.Path]++
		c.points = append(c.points, point{
			method: call.Method, path: call.Path, n: seen[call.Method+call.Path],
			settling: call.At.After(at), late: call.At.After(off),
		})
	}
	t.Logf("%s: %d calls: %v", c.name, len(c.points), c.points)
}

// shop is a new one with a copy of the base. Its waits are short: lasting faults
// wait out the time in which a call is tried again, and every case waits for
// settling; and its workers are slower, because many shops are open at once.
func (m *matrix) shop(t *testing.T) *shop {
	t.Helper()
	s := emptyShop(t, m.base.Copy(t), herokutest.AppConfig{ConfigVars: map[string]string{
		"MIGGUARD_RETRY_FOR": "9s", "MIGGUARD_SETTLE_EVERY": "1s", "PAUSE": "0.05",
	}})
	first := before()
	first.Free = true // its migrations are in the base
	s.PushFolder(t, first, m.first)
	s.Becomes(t, "it is rolled out", herokutest.State.RolledOut)
	s.Rests(t)
	return s
}

// signals of kills.
var signals = map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}
