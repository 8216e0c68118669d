package deploysim

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets whose width is at most 1/16 of their
// lower bound, from a microsecond up, so that a percentile is read at most
// 6.25% too high. The zero Histogram is empty.
type Histogram struct {
	// Counts is cut after the last bucket in use.
	Counts []int64 `json:"counts"`
	// Max is the longest duration, exact.
	Max time.Duration `json:"max"`
}

// subBuckets is the number of equal buckets in each power of two.
const (
	subBits    = 4
	subBuckets = 1 << subBits
)

// Record adds one duration. Negative ones count as zero.
func (h *Histogram) Record(d time.Duration) {
	i := bucket(d)
	h.grow(i + 1)
	h.Counts[i]++
	h.Max = max(h.Max, d)
}

// Merge adds the counts of other to h.
func (h *Histogram) Merge(other Histogram) {
	h.grow(len(other.Counts))
	for i, n := range other.Counts {
		h.Counts[i] += n
	}
	h.Max = max(h.Max, other.Max)
}

// Quantile is the duration that the share q of all recorded ones, from 0 to 1,
// did not exceed; 0 for an empty histogram.
func (h Histogram) Quantile(q float64) time.Duration {
	var total int64
	for _, n := range h.Counts {
		total += n
	}
	var seen int64
	for i, n := range h.Counts {
		seen += n
		if n > 0 && float64(seen) >= q*float64(total) {
			return min(upper(i), h.Max)
		}
	}
	return h.Max
}

func (h *Histogram) grow(n int) {
	if n > len(h.Counts) {
		h.Counts = append(h.Counts, make([]int64, n-len(h.Counts))...)
	}
}

// bucket is the index of the bucket d falls in. Below subBuckets microseconds
// each one has its own; above, the subBits bits after the leading one decide.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < subBuckets {
		return int(us)
	}
	exp := bits.Len64(us) - 1 - subBits
	return (exp+1)<<subBits + int(us>>exp) - subBuckets
}

// upper is the exclusive upper bound of bucket i.
func upper(i int) time.Duration {
	if i < subBuckets {
		return time.Duration(i+1) * time.Microsecond
	}
	exp := i>>subBits - 1
	us := uint64(i&(subBuckets-1)+subBuckets+1) << exp
	return time.Duration(us) * time.Microsecond
}
