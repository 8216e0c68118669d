package ddl

import "testing"

func TestEmptySerial(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"alter table t add a serial":                        `ALTER TABLE t ADD COLUMN a int, ALTER COLUMN a SET DEFAULT pg_catalog.nextval('s."Q"'::pg_catalog.regclass)`,
		"alter table t add a serial8 constraint n not null": `ALTER TABLE t ADD COLUMN a bigint, ALTER COLUMN a SET DEFAULT pg_catalog.nextval('s."Q"'::pg_catalog.regclass)`,
		"alter table t add column if not exists a serial2":  `ALTER TABLE t ADD COLUMN IF NOT EXISTS a smallint, ALTER COLUMN a SET DEFAULT pg_catalog.nextval('s."Q"'::pg_catalog.regclass)`,
	} {
		alter, err := TakeApart(sql, Parse(sql)[0].Changes)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := alter.EmptySerial(0, Name{Schema: "s", Name: "Q"}); err != nil {
			t.Fatal(err)
		}
		if got, err := alter.Write(Name{}, 0); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", sql, got, err, want)
		}
	}
	for _, sql := range []string{"alter table t add a int", "alter table t add a serial[]", "alter table t add a x.serial"} {
		alter, err := TakeApart(sql, Parse(sql)[0].Changes)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := alter.EmptySerial(0, Name{Name: "q"}); err == nil {
			t.Errorf("%s: no error", sql)
		}
	}
}
