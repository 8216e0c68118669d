package contract_test

import (
	"bytes"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/migguard/migguard/internal/contract"
)

func check(t *testing.T, property any) {
	t.Helper()
	t.Parallel()
	if err := quick.Check(property, many); err != nil {
		t.Error(err)
	}
}

func TestMergeCommutes(t *testing.T) {
	check(t, func(a, b part) bool {
		return reflect.DeepEqual(contract.Merge(a.Contract, b.Contract), contract.Merge(b.Contract, a.Contract))
	})
}

func TestMergeAssociates(t *testing.T) {
	check(t, func(a, b, c part) bool {
		left := contract.Merge(contract.Merge(a.Contract, b.Contract), c.Contract)
		right := contract.Merge(a.Contract, contract.Merge(b.Contract, c.Contract))
		return reflect.DeepEqual(left, right)
	})
}

func TestMergeAgainIsTheSame(t *testing.T) {
	check(t, func(a part) bool {
		return reflect.DeepEqual(contract.Merge(a.Contract, a.Contract), a.Contract) &&
			reflect.DeepEqual(contract.Merge(a.Contract, nil), a.Contract)
	})
}

// TestMergeIsMonotone: what one part says yes to, both together do; and no is
// said only where one part alone says it. RetypeColumn has no yes, so there an
// unknown for the sake of uses must stay one.
func TestMergeIsMonotone(t *testing.T) {
	all := questions()
	check(t, func(a, b part) bool {
		both := contract.Merge(a.Contract, b.Contract)
		for _, q := range all {
			x, y, got := q.ask(a.Contract).Verdict, q.ask(b.Contract).Verdict, q.ask(both).Verdict
			if (x == contract.Yes || y == contract.Yes) && got != contract.Yes {
				t.Logf("%s: %s and %s make %s", q.name, x, y, got)
				return false
			}
			if got == contract.No && x != contract.No && y != contract.No {
				t.Logf("%s: %s and %s make %s", q.name, x, y, got)
				return false
			}
		}
		return true
	})
}

// TestGapNeverSaysNo: a gap that is found besides makes no answer surer.
func TestGapNeverSaysNo(t *testing.T) {
	all := questions()
	check(t, func(a, b part) bool {
		gaps := contract.New(a.Sources[0], nil, b.Gaps)
		more := contract.Merge(a.Contract, gaps)
		for _, q := range all {
			before, after := q.ask(a.Contract).Verdict, q.ask(more).Verdict
			if before != after && (before != contract.No || after != contract.Unknown) {
				t.Logf("%s: a gap makes %s of %s", q.name, after, before)
				return false
			}
		}
		return true
	})
}

// TestWorst: several builds are safe only when each is.
func TestWorst(t *testing.T) {
	all := questions()
	check(t, func(a, b part) bool {
		for _, q := range all {
			x, y := q.ask(a.Contract), q.ask(b.Contract)
			got := contract.Worst(x, y)
			if got.Verdict != contract.Worst(y, x).Verdict || len(got.Reasons) == 0 {
				return false
			}
			allNo := x.Verdict == contract.No && y.Verdict == contract.No
			anyYes := x.Verdict == contract.Yes || y.Verdict == contract.Yes
			if allNo != (got.Verdict == contract.No) || anyYes != (got.Verdict == contract.Yes) {
				t.Logf("%s: %s and %s make %s", q.name, x.Verdict, y.Verdict, got.Verdict)
				return false
			}
		}
		return true
	})
	if got := contract.Worst(); got.Verdict != contract.Unknown {
		t.Errorf("no builds: %s", got.Verdict)
	}
}

// TestRoundTrip: what is written is read as the same, and written again as the
// same bytes.
func TestRoundTrip(t *testing.T) {
	check(t, func(a part) bool {
		var first, second bytes.Buffer
		if err := a.Write(&first); err != nil {
			t.Fatal(err)
		}
		text := first.String()
		read, err := contract.Read(&first)
		if err != nil {
			t.Log(err, text)
			return false
		}
		if err := read.Write(&second); err != nil {
			t.Fatal(err)
		}
		for _, q := range questions() {
			if !reflect.DeepEqual(q.ask(a.Contract), q.ask(read)) {
				t.Log(q.name)
				return false
			}
		}
		return second.String() == text
	})
}
