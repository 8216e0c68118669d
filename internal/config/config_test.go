package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	const url = "postgres://app:hunter2@db/shop"
	for _, tt := range []struct {
		name    string
		environ []string
		flags   Flags
		want    Config
	}{
		{"nothing but the database", []string{"DATABASE_URL=" + url}, Flags{}, Config{DatabaseURL: url}},
		{"migguard's own database", []string{"MIGGUARD_DATABASE_URL=" + url, "DATABASE_URL=postgres://pooler/shop"},
			Flags{}, Config{DatabaseURL: url}},
		{"libpq's variables", []string{"PGHOST=db"}, Flags{}, Config{DatabaseURL: LibpqURL}},
		{"a later value wins", []string{"DATABASE_URL=postgres://old/shop", "DATABASE_URL=" + url}, Flags{}, Config{DatabaseURL: url}},
		{"empty is unset", []string{"MIGGUARD_DATABASE_URL=", "DATABASE_URL=" + url}, Flags{}, Config{DatabaseURL: url}},
		{"dyno metadata",
			[]string{"DATABASE_URL=" + url, "HEROKU_APP_ID=1-2", "HEROKU_APP_NAME=shop", "HEROKU_RELEASE_VERSION=v7",
				"HEROKU_SLUG_COMMIT=old", "HEROKU_BUILD_COMMIT=new"},
			Flags{}, Config{DatabaseURL: url, App: "shop", Release: "v7", Build: "new"}},
		{"the buildpack's build", []string{"DATABASE_URL=" + url, "HEROKU_BUILD_COMMIT=commit"},
			Flags{Baked: "baked"}, Config{DatabaseURL: url, Build: "baked"}},
		{"flags win",
			[]string{"DATABASE_URL=" + url, "HEROKU_APP_NAME=shop", "MIGGUARD_BUILD_ID=env", "HEROKU_BUILD_COMMIT=commit"},
			Flags{App: "other", Build: "flag", Format: "json", LockWait: time.Second},
			Config{DatabaseURL: url, App: "other", Build: "flag", JSON: true, LockWait: time.Second}},
	} {
		tt.want.Contract, tt.want.Replay = NextRelease, RefuseRelease
		tt.want.OnAPIFailure, tt.want.ForwardCheck, tt.want.Deadline, tt.want.IfCrashing = AssumePrevious, RefuseRelease, DefaultDeadline, Stay
		got, err := Load(tt.environ, tt.flags)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	database := []string{"DATABASE_URL=postgres://app:hunter2@db/shop"}
	for _, tt := range []struct {
		name    string
		environ []string
		flags   Flags
		want    string
	}{
		{"no database", []string{"HOME=/app"}, Flags{}, ErrNoDatabase.Error()},
		{"format", database, Flags{Format: "xml"}, `--format "xml"`},
		{"lock wait", database, Flags{LockWait: -time.Second}, "--lock-wait -1s is negative"},
		{"deadline", database, Flags{Deadline: -time.Second}, "--deadline -1s is negative"},
		{"API failure", database, Flags{OnAPIFailure: "panic"}, `"panic" is not known: assume-previous or refuse`},
	} {
		_, err := Load(tt.environ, tt.flags)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := Load(nil, Flags{}); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("an empty environment: %v", err)
	}
}
