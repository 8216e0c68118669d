package task_test

import (
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/task"
)

// Batches get short and rests long while others wait, within limits, and get back when
// they do not. Who waited for the disk before is no reason.
func TestBackfillPace(t *testing.T) {
	t.Parallel()
	const batch = 40 * time.Millisecond
	for name, c := range map[string]struct {
		calm             float64
		blocked, waiting []int
		target, rest     time.Duration
	}{
		"calm":             {0, []int{0, 0}, []int{0, 1}, 50 * time.Millisecond, 10 * time.Millisecond},
		"calm as before":   {3, []int{0, 0}, []int{4, 3}, 50 * time.Millisecond, 10 * time.Millisecond},
		"blocked once":     {0, []int{1}, []int{0}, 25 * time.Millisecond, 20 * time.Millisecond},
		"blocked always":   {0, slices.Repeat([]int{2}, 30), make([]int, 30), 10 * time.Millisecond, 160 * time.Millisecond},
		"blocked, and not": {0, append([]int{1}, make([]int, 30)...), make([]int, 31), 50 * time.Millisecond, 10 * time.Millisecond},
		"a moment's crowd": {0, []int{0}, []int{4}, 50 * time.Millisecond, 10 * time.Millisecond},
		"crowded":          {0, make([]int, 30), slices.Repeat([]int{4}, 30), 50 * time.Millisecond, 160 * time.Millisecond},
	} {
		if target, rest := task.Paced(c.calm, batch, c.blocked, c.waiting); target != c.target || rest != c.rest {
			t.Errorf("%s: batches of %v and a rest of %v, want %v and %v", name, target, rest, c.target, c.rest)
		}
	}
}
