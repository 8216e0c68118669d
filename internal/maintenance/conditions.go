package maintenance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

const (
	// tick is how often the router and the database are looked at.
	tick = 250 * time.Millisecond
	// routerTimes is how often on end the router has to answer 503: there
	// are many routers behind one name, and nothing is said of how long
	// they take to hear of it.
	routerTimes = 3
	// quietFor is how long the database has to be quiet on end.
	quietFor = 2 * time.Second
	// dynosEvery, and dynosSlowly when the account's request allowance
	// (4500, shared by everybody who uses it) comes to its end.
	dynosEvery  = 2 * time.Second
	dynosSlowly = 10 * time.Second
	fewRequests = 500
	// periodEvery is how often it looks whether somebody has ended the
	// maintenance.
	periodEvery = 2 * time.Second
	// sayEvery is how often it says what it waits for.
	sayEvery = 10 * time.Second
)

// A drain is one waiting. Its fields below the first are what has come true.
type drain struct {
	*Machine
	period  ledger.Period
	url     string
	stopped []string
	quiet   func(context.Context) (Activity, error)

	closed   int // times on end that the router said 503
	router   string
	gone     bool // no dyno of the stopped types is listed
	dynos    string
	asked    time.Time // when the dynos were
	since    time.Time // that the database is quiet
	database string
	unknown  []string
	read     time.Time // when the period was
}

// wait looks until all is true. The database is judged last: its quiet must
// have lasted while no request came in and no stopped dyno was there.
func (d *drain) wait(ctx context.Context, timeout time.Duration) (note string, err error) {
	if timeout == 0 {
		timeout = DefaultDrain
	}
	begin := d.clock().Now()
	said := begin
	for {
		d.look(ctx)
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("drain: %w", context.Cause(ctx))
		}
		if err := d.over(ctx); err != nil {
			return "", err
		}
		why := d.why()
		if len(why) == 0 {
			return d.note(), nil
		}
		now := d.clock().Now()
		if now.Sub(begin) >= timeout {
			return "", &DrainError{Waited: timeout, Why: why}
		}
		if now.Sub(said) >= sayEvery {
			said = now
			d.say("still waiting: %s", strings.Join(why, "; "))
		}
		if err := d.clock().Wait(ctx, tick); err != nil {
			return "", fmt.Errorf("drain: %w", err)
		}
	}
}

func (d *drain) look(ctx context.Context) {
	if d.url != "" && d.closed < routerTimes {
		d.lookRouter(ctx)
	}
	if len(d.stopped) > 0 && !d.gone && (d.asked.IsZero() || d.clock().Now().Sub(d.asked) >= d.pause()) {
		d.lookDynos(ctx)
	}
	if d.quiet != nil {
		d.lookDatabase(ctx)
	}
}

// over is an *OverError when somebody has ended the maintenance. A ledger that
// cannot be read is noticed when the end of the waiting is to be committed.
func (d *drain) over(ctx context.Context) error {
	if now := d.clock().Now(); now.Sub(d.read) >= periodEvery {
		d.read = now
		p, found, err := d.Store.Maintenance(ctx, d.period.App)
		if err == nil && (!found || p.ID != d.period.ID || p.State == ledger.StateLeaving) {
			return &OverError{d.period}
		}
	}
	return nil
}

func (d *drain) lookRouter(ctx context.Context) {
	status, err := d.probe(ctx, d.url)
	switch {
	case err != nil:
		d.closed, d.router = 0, fmt.Sprintf("%s does not answer (%v)", d.url, err)
	case status != http.StatusServiceUnavailable:
		d.closed, d.router = 0, fmt.Sprintf("%s answers %d, not 503", d.url, status)
	default:
		d.closed++
	}
	if d.closed == routerTimes {
		d.say("the router answers 503")
	}
}

// pause is how long not to ask the Platform API.
func (d *drain) pause() time.Duration {
	if Scarce(d.Platform) {
		return dynosSlowly
	}
	return dynosEvery
}

// Scarce tells that the account's request allowance, of which other tools live
// too, comes to its end, where the platform knows how much is left of it.
func Scarce(p Platform) bool {
	counts, ok := p.(interface{ Remaining() int })
	if !ok {
		return false
	}
	n := counts.Remaining()
	return n >= 0 && n < fewRequests // -1: not known
}

func (d *drain) lookDynos(ctx context.Context) {
	dynos, err := d.Platform.Dynos(ctx)
	d.asked = d.clock().Now()
	if err != nil {
		d.dynos = err.Error()
		return
	}
	var still []string
	for _, dyno := range dynos {
		if slices.Contains(d.stopped, dyno.Type) {
			still = append(still, dyno.Name)
		}
	}
	if d.gone = len(still) == 0; d.gone {
		d.say("no dyno of %s is left", strings.Join(d.stopped, ", "))
		return
	}
	d.dynos = "still there: " + strings.Join(still, ", ")
}

func (d *drain) lookDatabase(ctx context.Context) {
	activity, err := d.quiet(ctx)
	d.unknown = activity.Unknown
	switch {
	case err != nil:
		d.since, d.database = time.Time{}, err.Error()
	case len(activity.Busy) > 0:
		d.since, d.database = time.Time{}, "the database is at work for "+strings.Join(activity.Busy, ", ")
	case d.since.IsZero() || !d.outside():
		d.since, d.database = d.clock().Now(), "the database is quiet, not yet for "+quietFor.String()
	}
}

// outside tells that the router and the dynos are as they should be.
func (d *drain) outside() bool {
	return (d.url == "" || d.closed >= routerTimes) && (len(d.stopped) == 0 || d.gone)
}

// why has a clause for each condition that is not true yet.
func (d *drain) why() (why []string) {
	if d.url != "" && d.closed < routerTimes {
		if d.router == "" || d.closed > 0 {
			d.router = fmt.Sprintf("%s answered 503 only %d times on end", d.url, d.closed)
		}
		why = append(why, d.router)
	}
	if len(d.stopped) > 0 && !d.gone {
		why = append(why, d.dynos)
	}
	settling := d.outside() && d.clock().Now().Sub(d.since) < quietFor
	if d.quiet != nil && (d.since.IsZero() || settling) {
		why = append(why, d.database)
	}
	return why
}

func (d *drain) note() string {
	if len(d.unknown) == 0 {
		return ""
	}
	return "not looked at: " + strings.Join(d.unknown, ", ")
}
