package ddl

import "testing"

func TestServerTypeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ServerType{
		"int": {Name: "integer"}, "int4": {Name: "integer"}, "pg_catalog.varbit": {Name: "bit varying"},
		"varchar(20)[]": {Name: "character varying", Modifier: "20", Array: true}, "numeric(10, 2)": {Name: "numeric", Modifier: "10,2"},
		"timestamp (3) with time zone": {Name: "timestamp with time zone", Modifier: "3"},
		"time(2) without time zone":    {Name: "time without time zone", Modifier: "2"}, "timestamptz": {Name: "timestamp with time zone"},
		"double precision": {Name: "double precision"}, "char(3)": {Name: "character", Modifier: "3"}, "text[][]": {Name: "text", Array: true},
	} {
		if got, ok := ServerTypeOf(text); !ok || got != want {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "mood", "app.int", `"char"`, "char", "bit", "bpchar", "int(", "interval day to second", "serial", `"int"`} {
		if got, ok := ServerTypeOf(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
