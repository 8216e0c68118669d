package task

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

const (
	// firstBatch and maxBatch are numbers of blocks, 8 kB each.
	firstBatch, maxBatch = 8, 1 << 16
	// maxLag is how many bytes a standby may be behind, and lagPause how long
	// a batch waits for it at most.
	maxLag, lagPause = 64 << 20, 10 * time.Second
	// rowPatience is how long a batch waits for a row, or the table, that somebody has
	// locked: far less than deadlock_timeout, one second by default.
	rowPatience = 10 * time.Millisecond
	// maxPasses bounds how often the table is gone through: rows that are
	// updated meanwhile move, perhaps to where the backfill has been.
	maxPasses = 10
)

// backfill sets what is missing in rows, which is their condition and then no longer
// holds, batch by batch, in the table's physical order (TID range scan, from 14 on): it needs no key, reads
// each block once, and goes on where it was. A row that somebody else has locked
// is left for the next pass, so that nobody waits for anybody longer than a batch
// takes and rowPatience, and there is no deadlock.
func (w *Worker) backfill(ctx context.Context, conn *pgx.Conn, task ledger.Task, value, missing string, commandRuns bool) (note string, err error) {
	if err := set(ctx, conn, "default_transaction_isolation", "read committed"); err != nil {
		return "", err
	}
	// No batch waits for its WAL to be written. A crash of the server may then lose
	// the last ones, whose rows have no value again and are found: what the ledger
	// notes, and the constraint that follows, is written after them, in this order.
	if err := set(ctx, conn, "synchronous_commit", "off"); err != nil {
		return "", err
	}
	if err := w.Ledger.BeginTask(ctx, task.ID); err != nil {
		return "", err
	}
	table := ddl.Name{Schema: task.Schema, Name: task.Table}.String()
	f := backfiller{Worker: w, conn: conn, task: task, set: value, missing: missing, batch: firstBatch, began: time.Now(), told: time.Now()}
	if f.trip, err = roundTrip(ctx, conn); err != nil {
		return "", err
	}
	deadline := time.Now().Add(w.LockWait)
	for pass, at := 1, task.Position; ; pass, at = pass+1, 0 {
		state, err := pg.ReadFillState(ctx, conn, task.Relation, task.Object)
		switch {
		case err != nil:
			return "", err
		case !state.TableThere:
			return noTable, nil
		case !state.ColumnThere:
			return noColumn, nil
		}
		if f.others == nil {
			var blocks int64
			for _, p := range state.Parts {
				blocks += p.Blocks
			}
			stop, err := f.adapt(ctx, blocks)
			if err != nil {
				return "", err
			}
			defer stop()
		}
		before := f.rows
		if err := f.pass(ctx, at, state.Parts); err != nil {
			return "", err
		}
		var left bool
		if err := conn.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT FROM %s WHERE %s)", table, f.missing)).Scan(&left); err != nil {
			return "", err
		}
		if !left {
			f.tell("filled in")
			return "", nil
		}
		if f.rows > before && pass < maxPasses {
			deadline = time.Now().Add(w.LockWait)
			continue
		}
		if pass >= maxPasses && f.rows > before {
			return fmt.Sprintf("its default gives some rows no value, after %d passes over the table", pass), nil
		}
		// Others have locked all the rows that are left.
		own, err := w.ownHold(ctx, conn, task.Relation)
		if err != nil {
			return "", err
		}
		if own && commandRuns {
			return "", ErrPostponed
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("other transactions keep rows of %s locked", table)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return "", err
		}
	}
}

// codeSerialization is what READ COMMITTED gets for a row that somebody moves to
// another partition (ExecLockRows, src/backend/executor/nodeLockRows.c).
const codeSerialization = "40001"

// A backfiller is a backfill at work.
type backfiller struct {
	*Worker
	conn *pgx.Conn
	task ledger.Task
	set  string // what the UPDATE sets
	// missing is the condition of rows that are to be updated.
	missing string
	batch   int64 // blocks
	rows    int64 // filled in
	began   time.Time
	told    time.Time
	noted   time.Time
	pace    pace
	trip    time.Duration // of a message to the server and back
	// others is nil before the first batch.
	others *sampler
}

// pass goes through the table, or its partitions, from one block, counted through
// all of them, on. Should sizes have changed, the next pass finds what it has left
// out.
func (f *backfiller) pass(ctx context.Context, at int64, parts []pg.FillPart) error {
	var all, behind int64
	for _, p := range parts {
		all += p.Blocks
	}
	for _, p := range parts {
		if err := f.part(ctx, p, max(at-behind, 0), behind, all); err != nil {
			return err
		}
		behind += p.Blocks
	}
	return nil
}

// part goes through one of the tables, behind which and in all of which are so
// many blocks. A row that is on its way to another partition fails its batch, which
// is tried in smaller ones; the next pass finds it there.
func (f *backfiller) part(ctx context.Context, p pg.FillPart, at, behind, all int64) (err error) {
	if err := f.prepare(ctx, p.Table); err != nil { // as patient as it takes
		return err
	}
	if err := f.patient(ctx, rowPatience); err != nil {
		return err
	}
	defer func() {
		if again := f.patient(ctx, 0); err == nil {
			err = again
		}
	}()
	for at < p.Blocks {
		to := min(at+f.batch, p.Blocks)
		began := time.Now()
		tag, err := f.update(ctx, at, to)
		if pg.SQLState(err) == codeSerialization && f.batch > 1 {
			f.batch = max(f.batch/4, 1)
			continue
		}
		if err != nil && pg.SQLState(err) != codeSerialization {
			return err
		}
		took := max(time.Since(began)-f.trip, 1)
		f.rows += tag.RowsAffected()
		rest := f.pace.after(took, f.others.take())
		if target := targetOver(f.trip); to-at == f.batch || took > target {
			f.batch = min(max(int64(math.Round(float64(f.batch)*min(2, max(0.5, float64(target)/float64(took))))), 1), maxBatch)
		}
		at = to
		if time.Since(f.noted) >= lookEvery {
			f.noted = time.Now()
			if err := f.Ledger.MoveTask(ctx, f.task.ID, behind+at); err != nil {
				return err
			}
			if err := f.standbys(ctx); err != nil {
				return err
			}
		}
		if time.Since(f.told) >= tellEvery {
			f.tell(fmt.Sprintf("%d %% of the table", 100*(behind+at)/all))
		}
		if err := pause(ctx, rest); err != nil {
			return err
		}
	}
	return nil
}

// within is the condition of a batch's rows.
const within = "ctid >= $1::pg_catalog.text::pg_catalog.tid AND ctid < $2::pg_catalog.text::pg_catalog.tid"

// Names of prepared statements.
const (
	fillBatch  = "fill"
	fillUnheld = "fill unheld"
)

// prepare has the server read and plan the statements of batches once. To leave out rows
// that others have locked, a batch would have to lock each before it updates it, which
// writes each and its WAL twice: that is done only for a batch that meets one.
func (f *backfiller) prepare(ctx context.Context, table string) error {
	sql := fmt.Sprintf("UPDATE ONLY %s SET %s WHERE %s AND ", table, f.set, f.missing)
	for name, rows := range map[string]string{
		fillBatch:  within,
		fillUnheld: fmt.Sprintf("ctid = ANY (ARRAY(SELECT ctid FROM ONLY %s WHERE %s AND %s FOR NO KEY UPDATE SKIP LOCKED))", table, f.missing, within),
	} {
		if err := f.conn.Deallocate(ctx, name); err != nil {
			return err
		}
		if _, err := f.conn.Prepare(ctx, name, sql+rows); err != nil {
			return err
		}
	}
	return nil
}

// update fills in a batch.
func (f *backfiller) update(ctx context.Context, from, to int64) (tag pgconn.CommandTag, err error) {
	first, end := fmt.Sprintf("(%d,0)", from), fmt.Sprintf("(%d,0)", to)
	if tag, err = f.conn.Exec(ctx, fillBatch, first, end); pg.SQLState(err) != pg.LockNotAvailable {
		return tag, err
	}
	var together pgx.Batch // one transaction
	together.Queue("SELECT pg_catalog.set_config('lock_timeout', '0', true)")
	together.Queue(fillUnheld, first, end).Exec(func(done pgconn.CommandTag) error { tag = done; return nil })
	err = f.conn.SendBatch(ctx, &together).Close()
	return tag, err
}

// patient is how long statements wait for a lock from now on; 0: as long as it takes.
func (f *backfiller) patient(ctx context.Context, d time.Duration) error {
	return set(ctx, f.conn, "lock_timeout", fmt.Sprint(d.Milliseconds()))
}

// tell says how far it is, and how fast.
func (f *backfiller) tell(how string) {
	f.told = time.Now()
	rate := float64(f.rows) / max(time.Since(f.began).Seconds(), 0.001)
	slower := ""
	if f.pace.yielded > 0 {
		slower = fmt.Sprintf("; slower %d times, for others waited", f.pace.yielded)
	}
	f.Out.Line("%s: %s, %d rows, %.0f a second%s", Describe(f.task).What, how, f.rows, rate, slower)
}

// standbys waits, though not forever, for those that are far behind.
func (f *backfiller) standbys(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < lagPause; {
		lag, err := pg.ReadLag(ctx, f.conn)
		if err != nil || lag < maxLag {
			return err
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
	return nil
}
