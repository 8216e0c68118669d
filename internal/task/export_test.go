package task

import "time"

// Paced is how much a backfill rests in all after batches that took so long each and
// during each of which so many sessions waited, and its longest rest.
func Paced(calm float64, took time.Duration, blocked, waiting []int) (all, longest time.Duration) {
	p := newPace(calm)
	for i := range blocked {
		rest := p.after(took, waits{looks: 1, blocked: blocked[i], waiting: waiting[i]})
		all, longest = all+rest, max(longest, rest)
	}
	return all, longest
}

// TargetOver is how long a batch works, over a connection with such a round trip.
var TargetOver = targetOver
