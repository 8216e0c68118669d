package runner

import (
	"errors"
	"slices"
	"testing"
)

func TestGooseUp(t *testing.T) {
	t.Parallel()
	got, err := gooseUp(`-- why
-- +goose NO TRANSACTION
-- +goose Up
-- about a
CREATE TABLE a (
  -- a column; of a
  id int
); -- done

INSERT INTO a VALUES (1); SELECT 2;
-- +goose StatementBegin
DO $$ BEGIN
  PERFORM 1;
END $$;
-- +goose StatementEnd
DROP TABLE b;
-- +goose Down
DROP TABLE a;
`)
	want := []string{"CREATE TABLE a (\n  -- a column; of a\n  id int\n); -- done", "INSERT INTO a VALUES (1); SELECT 2;", "DO $$ BEGIN\n  PERFORM 1;\nEND $$;", "DROP TABLE b;"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%q\n%q", err, got, want)
	}
	if _, err := gooseUp("-- +goose Up\n-- +goose ENVSUB ON\nCREATE TABLE ${A} ();\n"); !errors.Is(err, ErrSubstituted) {
		t.Errorf("variables are taken for text: %v", err)
	}
}
