package task_test

import (
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/task"
)

// Rests get long while others wait, within limits, and short when they do not. Who waited
// for the disk before is no reason.
func TestBackfillPace(t *testing.T) {
	t.Parallel()
	const batch = 50 * time.Millisecond // a rest of a tenth is long enough to be taken
	for name, c := range map[string]struct {
		calm             float64
		blocked, waiting []int
		all, longest     time.Duration
	}{
		"calm":             {0, []int{0, 0}, []int{0, 1}, 2 * 5 * time.Millisecond, 5 * time.Millisecond},
		"calm as before":   {3, []int{0, 0}, []int{4, 3}, 2 * 5 * time.Millisecond, 5 * time.Millisecond},
		"blocked once":     {0, []int{1}, []int{0}, 10 * time.Millisecond, 10 * time.Millisecond},
		"blocked always":   {0, slices.Repeat([]int{2}, 8), make([]int, 8), (10 + 20 + 40 + 80 + 160 + 3*200) * time.Millisecond, 200 * time.Millisecond},
		"blocked, and not": {0, []int{1, 0, 0}, []int{0, 0, 0}, (10_000 + 9_000 + 8_100) * time.Microsecond, 10 * time.Millisecond},
		"a moment's crowd": {0, []int{0}, []int{4}, 5 * time.Millisecond, 5 * time.Millisecond},
		"crowded":          {0, make([]int, 3), slices.Repeat([]int{4}, 3), (5 + 5 + 10) * time.Millisecond, 10 * time.Millisecond},
	} {
		all, longest := task.Paced(c.calm, batch, c.blocked, c.waiting)
		if all.Round(time.Microsecond) != c.all || longest != c.longest {
			t.Errorf("%s: rests of %v, the longest %v; want %v and %v", name, all, longest, c.all, c.longest)
		}
	}
}

// TestBackfillRestsTogether has batches too short for a rest of their own.
func TestBackfillRestsTogether(t *testing.T) {
	t.Parallel()
	const batch = time.Millisecond // 0.1 ms of rest
	calm := make([]int, 120)
	if all, longest := task.Paced(0, batch, calm, calm); all < 10*time.Millisecond || all > 12*time.Millisecond || longest < 5*time.Millisecond {
		t.Errorf("rests of %v, the longest %v; want two of some 5 ms", all, longest)
	}
}

// TestBackfillFarAway has batches that are longer the farther the server is, so that
// most of the time goes into work, and never long for who waits for their rows.
func TestBackfillFarAway(t *testing.T) {
	t.Parallel()
	for trip, want := range map[time.Duration]time.Duration{
		50 * time.Microsecond: time.Millisecond,
		2 * time.Millisecond:  6 * time.Millisecond,
		40 * time.Millisecond: 50 * time.Millisecond,
	} {
		if got := task.TargetOver(trip); got != want {
			t.Errorf("a round trip of %v: batches of %v, want %v", trip, got, want)
		}
	}
}
