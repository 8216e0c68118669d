package cli_test

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// A disturbance is one case: what goes wrong where, and who mends it.
type disturbance struct {
	course *course
	// at is the call, or state what the ledger says.
	at    point
	state string
	// kind is the fault of the call, and of all after it if it lasts. For a
	// kill it is Hang, or AnswerLost: the process ends after what it asked
	// for was done, without knowing.
	kind   herokutest.Kind
	lasts  bool
	signal syscall.Signal // 0: nobody is killed
	// byRelease mends by a release alone; otherwise settle comes first.
	byRelease bool
}

func (d disturbance) String() string {
	at := d.state
	if at == "" {
		at = d.at.String()
	}
	mend := "settle"
	if d.byRelease {
		mend = "release"
	}
	return fmt.Sprintf("%s/%s/%s/%s", d.course.name, at, d.fault(), mend)
}

func (d disturbance) fault() string {
	switch {
	case d.signal != 0 && d.kind == herokutest.AnswerLost:
		return "SIG" + signals[d.signal] + "-answer-lost"
	case d.signal != 0:
		return "SIG" + signals[d.signal]
	case d.lasts:
		return string(d.kind) + "-lasting"
	}
	return string(d.kind) + "-once"
}

// states are of the ledger, in the order in which a course comes to them:
// those of a period, "committed" for what the old code does not survive, and
// "finished" for the run.
var states = map[string][]string{
	"rename":  {"entering", "on", "draining", "work", "committed", "finished", "leaving", "off"},
	"failing": {"leaving", "off"},
}

// all is the whole matrix. Where nothing hangs on a call any more, each fault
// comes once, and nobody is killed.
func (m *matrix) all() (all []disturbance) {
	for _, c := range m.courses {
		for i, p := range c.points {
			d := disturbance{course: c, at: p}
			for j, kind := range herokutest.Kinds() {
				d.kind, d.byRelease = kind, (i+j)%2 == 0
				if kind == herokutest.Stale && p.method != "GET" {
					continue
				}
				for _, d.lasts = range []bool{false, true} {
					if !d.lasts || !p.late {
						all = append(all, d)
					}
				}
			}
			if p.late {
				continue
			}
			d.kind, d.lasts = herokutest.Hang, false
			all = append(all, killed(d)...)
			if p.method != "GET" {
				d.kind = herokutest.AnswerLost
				all = append(all, killed(d)...)
			}
		}
		for _, state := range states[c.name] {
			all = append(all, killed(disturbance{course: c, state: state})...)
		}
	}
	return all
}

// killed is a case by each signal, mended in both ways.
func killed(d disturbance) (all []disturbance) {
	for _, d.signal = range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		for _, d.byRelease = range []bool{false, true} {
			all = append(all, d)
		}
	}
	return all
}

// stride is a prime that spreads the sample over the matrix.
const stride = 7919

// sample has each state of the ledger, each call but those that only repeat, and each fault, at least once.
func sample(all []disturbance) (some []disturbance) {
	places, faults := map[string]bool{}, map[string]bool{}
	for _, wanted := range []func(d disturbance) bool{
		func(d disturbance) bool { return !faults[d.fault()] && !places[place(d)] && d.fits() },
		func(d disturbance) bool { return !faults[d.fault()] && d.fits() },
		func(d disturbance) bool { return !places[place(d)] && d.signal != 0 },
	} {
		for i := range all {
			if d := all[i*stride%len(all)]; wanted(d) && !d.at.late {
				some = append(some, d)
				places[place(d)], faults[d.fault()] = true, true
			}
		}
	}
	slices.SortStableFunc(some, func(a, b disturbance) int { return btoi(b.slow()) - btoi(a.slow()) })
	return some
}

// place is where a disturbance is, with the calls of later settlings together.
func place(d disturbance) string {
	if d.state != "" {
		return d.course.name + d.state
	}
	if d.at.settling {
		return d.at.method + d.at.path + "settling"
	}
	return d.course.name + d.at.String()
}

// fits leaves out what takes a minute and more: while a run asks, each call
// that has to be given up takes 30 s.
func (d disturbance) fits() bool { return !d.slow() || d.at.settling }

func (d disturbance) slow() bool {
	return d.lasts && !slices.Contains([]herokutest.Kind{herokutest.Unauthorized, herokutest.Forbidden,
		herokutest.NotFound, herokutest.Invalid}, d.kind)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
