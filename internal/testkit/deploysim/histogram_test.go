package deploysim

import (
	"testing"
	"time"
)

func TestHistogramErrsUpwardsByASixteenth(t *testing.T) {
	t.Parallel()
	for d := time.Duration(0); d < time.Hour; d = d*21/20 + time.Microsecond {
		var h Histogram
		h.Record(d)
		h.Record(2 * time.Hour) // so that the bound, not the maximum, is read
		got := h.Quantile(0.5)
		if got < d || got > d+d/16+time.Microsecond {
			t.Fatalf("%s is read as %s", d, got)
		}
	}
}

func TestHistogramQuantiles(t *testing.T) {
	t.Parallel()
	var low, high Histogram
	for i := range 100 {
		h := &low
		if i >= 50 {
			h = &high
		}
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	low.Merge(high)
	for _, tc := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 50 * time.Millisecond}, {0.99, 99 * time.Millisecond}, {1, 100 * time.Millisecond}} {
		got := low.Quantile(tc.q)
		if got < tc.want || got > tc.want+tc.want/16 || got > low.Max {
			t.Errorf("quantile %v is %s, want about %s", tc.q, got, tc.want)
		}
	}
	if got := (Histogram{}).Quantile(0.5); got != 0 {
		t.Errorf("empty: %s", got)
	}
}
