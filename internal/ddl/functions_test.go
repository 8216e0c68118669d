package ddl

import (
	"slices"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/encoding/protowire"
)

// TestCallTag looks where a tree can have a call, so that another version of the
// grammar's cannot hide one from grammar.
func TestCallTag(t *testing.T) {
	t.Parallel()
	call := (&pg.FuncCall{}).ProtoReflect().Descriptor()
	messages := call.ParentFile().Messages()
	var places []string
	for i := range messages.Len() {
		fields := messages.Get(i).Fields()
		for j := range fields.Len() {
			f := fields.Get(j)
			if f.Message() != call {
				continue
			}
			places = append(places, string(f.FullName()))
			if f.Name() == "func_call" && !slices.Equal(callTag, protowire.AppendTag(nil, f.Number(), protowire.BytesType)) {
				t.Errorf("%s has number %d", f.FullName(), f.Number())
			}
		}
	}
	if want := []string{"pg_query.CallStmt.funccall", "pg_query.Node.func_call"}; !slices.Equal(slices.Sorted(slices.Values(places)), want) {
		t.Errorf("calls stand in %q, not only in %q", places, want)
	}
	for _, sql := range []string{"CALL p()", "CREATE INDEX i ON t (f(a))", "SELECT 1; VALUES (f(1))"} {
		all := Parse(sql)
		if last := all[len(all)-1]; len(last.Functions) != 1 {
			t.Errorf("%s calls %v", sql, last.Functions)
		}
	}
}
