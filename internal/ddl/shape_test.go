package ddl

import "testing"

func TestShape(t *testing.T) { // counts allocations, so not beside others
	const of = "UPDATE t SET a = 1 WHERE id IN (1, 2)"
	for sql, want := range map[string]bool{
		of: true, "UPDATE t SET a = 'x''y' WHERE id IN ($1)": true, "UPDATE  t SET a=2 /* x */ WHERE id IN (1,2, 3)": true,
		"UPDATE t SET a = 1, 2 WHERE id IN (1)":        true, // the server says what is wrong
		"UPDATE t SET a = 1, b = 2 WHERE id IN (1, 2)": false, "UPDATE u SET a = 1 WHERE id IN (1, 2)": false, "UPDATE t SET a = 1": false, "": false,
		"UPDATE t SET a = 1 WHERE id IN (1, b)": false, `UPDATE t SET "a" = 1 WHERE id IN (1, 2)`: false,
	} {
		if got := ShapeOf(sql) == ShapeOf(of); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
	if n := testing.AllocsPerRun(10, func() { ShapeOf(of) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
