package runner

import (
	"errors"
	"fmt"
	"io/fs"
)

// ectoMigrations is where Ecto looks for the migrations of the repository that its
// generator makes; other repositories are named by the user.
const ectoMigrations = "priv/repo/migrations"

// ectoDetector finds a Mix project with migrations of Ecto. A release without Mix
// migrates by code of its own (bin/app eval), which has no name to be found by.
//
// It is told of the guard by DATABASE_URL, which config/runtime.exs reads as Phoenix
// generates it.
var ectoDetector = detector{
	name:  "ecto",
	looks: "Ecto: mix.exs and " + ectoMigrations,
	find: func(t tree) ([]Command, error) {
		if !t.has("mix.exs") {
			return nil, nil
		}
		_, err := t.open(ectoMigrations)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", ectoMigrations, err)
		}
		return []Command{{
			Name: "ecto",
			Args: []string{"mix", "ecto.migrate"},
			Dir:  t.dir,
			Why:  "mix.exs and " + ectoMigrations + " exist",
		}}, nil
	},
}
