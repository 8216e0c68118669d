package task

import "time"

// Paced is the target of a backfill's batches, and its last rest, after batches that
// took so long and during each of which so many sessions waited.
func Paced(calm float64, took time.Duration, blocked, waiting []int) (target, rest time.Duration) {
	p := newPace(calm)
	for i := range blocked {
		rest = p.after(took, waits{looks: 1, blocked: blocked[i], waiting: waiting[i]})
	}
	return p.target, rest
}
