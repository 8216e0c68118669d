package cli_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// often is how many calls of those who settle a lasting fault meets: more than
// one attempt each.
const often = 5

// A course counts as over when no dyno has settled for restFor. Until one was
// seen that does, the new dynos get beginFor.
const (
	restFor  = time.Second
	beginFor = 10 * time.Second
)

// disturb plays one case. It tells whether the course came to its fault.
func (m *matrix) disturb(t *testing.T, d disturbance) (met bool) {
	s := m.shop(t)
	v := s.Visit(t)
	if d.signal != 0 {
		met = s.kill(t, d)
	} else {
		met = s.fail(t, d)
	}
	s.mend(t, d, m.courses[0])
	s.Becomes(t, "all is as before", platform.Calm)
	s.Rests(t)
	if !platform.Calm(s.State()) {
		t.Errorf("it does not stay as it was: %+v", s.State())
	}
	s.WantColumns(t, "users", "remark")
	s.WantUntroubled(t, v)
	s.WantSettled(t)
	return met
}

// fail deploys while a call, and those after it if that lasts, go wrong.
func (s *shop) fail(t *testing.T, d disturbance) (met bool) {
	t.Helper()
	first := s.Platform.Fault(d.at.fault(d.kind, 1))
	defer first.Remove()
	r := s.PushFolder(t, d.course.code, d.course.folder)
	over, end := s.over(t, r)
	defer end()
	if first.AwaitHit(over) != nil {
		return false
	}
	if d.lasts {
		s.failOn(over, r, d.kind)
	}
	<-over.Done()
	return true
}

// failOn makes every call go wrong until the release has ended and either
// nobody asks any more, or who settles has asked often: that goes on for long.
func (s *shop) failOn(over context.Context, r *herokutest.Release, kind herokutest.Kind) {
	method := ""
	if kind == herokutest.Stale {
		method = "GET"
	}
	rest := s.Platform.Fault(herokutest.Fault{Kind: kind, Method: method, Times: herokutest.Always})
	defer rest.Remove()
	if _, err := r.Wait(over); err != nil {
		return
	}
	before := rest.Hits()
	for range platform.Ticks(over, 20*time.Millisecond) {
		if rest.Hits()-before >= often {
			return
		}
	}
}

// kill deploys, and ends migguard with a signal when it has come so far: the
// release dyno's processes or, when the release is out, those that settle.
func (s *shop) kill(t *testing.T, d disturbance) (met bool) {
	t.Helper()
	await := s.awaitState
	if d.state == "" {
		await = s.awaitCall
	}
	reached := await(t, d)
	r := s.PushFolder(t, d.course.code, d.course.folder)
	over, end := s.over(t, r)
	defer end()
	if !reached(over) {
		return false
	}
	if r.Status() == herokutest.Pending {
		_ = r.Signal(d.signal) // it may just have ended
	} else {
		s.SignalSettlers(d.signal)
	}
	<-over.Done()
	return true
}

// awaitCall makes the call of a case hang.
func (s *shop) awaitCall(t *testing.T, d disturbance) (reached func(context.Context) bool) {
	t.Helper()
	if d.kind == herokutest.AnswerLost {
		// What is asked for is done; asking again hangs.
		t.Cleanup(s.Platform.Fault(d.at.fault(herokutest.AnswerLost, 1)).Remove)
	}
	hang := s.Platform.Fault(d.at.fault(herokutest.Hang, 1))
	t.Cleanup(hang.Remove)
	return func(ctx context.Context) bool { return hang.AwaitHit(ctx) == nil }
}

// tellsStates makes the ledger tell its states, as each is committed.
const tellsStates = `
	CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM pg_notify('states', CASE TG_TABLE_NAME
			WHEN 'maintenance' THEN to_jsonb(NEW) ->> 'state'
			WHEN 'maintenance_break' THEN 'committed'
			ELSE 'finished' END);
		RETURN NEW;
	END $$;
	CREATE TRIGGER tell AFTER INSERT OR UPDATE ON migguard.maintenance FOR EACH ROW EXECUTE FUNCTION tell();
	CREATE TRIGGER tell AFTER INSERT ON migguard.maintenance_break FOR EACH ROW EXECUTE FUNCTION tell();
	CREATE TRIGGER tell AFTER UPDATE OF outcome ON migguard.release FOR EACH ROW
		WHEN (NEW.outcome = 'succeeded') EXECUTE FUNCTION tell()`

// awaitState listens to the ledger.
func (s *shop) awaitState(t *testing.T, d disturbance) (reached func(context.Context) bool) {
	t.Helper()
	s.DB.Exec(t, tellsStates)
	conn := s.DB.Connect(t)
	if _, err := conn.Exec(t.Context(), "SET application_name = '"+platform.SessionName+"'; LISTEN states", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) bool {
		for {
			told, err := conn.WaitForNotification(ctx)
			if err != nil {
				return false
			}
			if told.Payload == d.state {
				return true
			}
		}
	}
}

// over ends when a release has ended and no dyno settles any more.
func (s *shop) over(t *testing.T, r *herokutest.Release) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	go func() {
		defer cancel()
		if _, err := r.Wait(ctx); err != nil {
			return
		}
		since, rest := time.Now(), beginFor
		if r.Status() == herokutest.Failed {
			rest = restFor // its dynos do not start
		}
		for range platform.Ticks(ctx, 50*time.Millisecond) {
			switch {
			case len(s.Settlers()) > 0:
				since, rest = time.Now(), restFor
			case !s.State().RolledOut():
				since = time.Now()
			case time.Since(since) > rest:
				return
			}
		}
	}()
	return ctx, cancel
}

// mend brings the app to its end without faults, if it is not there.
func (s *shop) mend(t *testing.T, d disturbance, good *course) {
	t.Helper()
	last := s.State().Releases[len(s.State().Releases)-1]
	switch {
	case last.Status == herokutest.Pending:
		t.Fatalf("v%d is pending", last.Version)
	case last.Status == herokutest.Succeeded && platform.Calm(s.State()) && s.closed(t):
		return
	case last.Status == herokutest.Succeeded && d.byRelease:
		r, err := s.SetConfig("COLOUR", "red")
		if err != nil {
			t.Fatal(err)
		}
		s.Ends(t, r, herokutest.Succeeded)
		return
	case last.Status == herokutest.Succeeded:
		s.settle().run(t).expect(t, 0, "settled")
		return
	case !d.byRelease:
		s.settleFailed(t)
	}
	s.Ends(t, s.PushFolder(t, good.code, good.folder), herokutest.Succeeded)
}

// closed tells that the ledger has no open maintenance: a process that was
// killed may have done all but to say so.
func (s *shop) closed(t *testing.T) bool {
	t.Helper()
	return s.DB.Value(t, "SELECT count(*) FROM migguard.maintenance WHERE closed_at IS NULL") == "0"
}

// settleFailed is after a release that failed. Maintenance mode may stay on
// only if the old code does not survive what was committed.
func (s *shop) settleFailed(t *testing.T) {
	t.Helper()
	result := s.settle().run(t)
	state := s.State()
	if s.DB.Value(t, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'remark'") == "1" {
		result.expect(t, 77, "maintenance mode stays on", "migguard maintenance off --app shop")
		if !state.Maintenance {
			t.Error("the old code gets requests, and does not survive what was committed")
		}
		return
	}
	result.expect(t, 0, "settled")
	if state.Maintenance || platform.Quantity(state, "worker") != 2 { // they may be starting
		t.Errorf("settled, and not as before: %+v", state)
	}
}
