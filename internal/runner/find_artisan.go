package runner

// artisanDetector finds a Laravel application by the program that its skeleton has
// had since the first version. In production artisan asks before it migrates, and
// --force has it not ask.
//
// It is told of the guard by DATABASE_URL where config/database.php reads that (to
// Laravel 10), and by DB_URL (since 11). DB_HOST and its like are parts under names
// of their own, which [Redirect.Env] does not recognise.
var artisanDetector = detector{
	name:  "artisan",
	looks: "Laravel: artisan and composer.json",
	find: func(t tree) ([]Command, error) {
		if !t.has("artisan") || !t.has("composer.json") {
			return nil, nil
		}
		return []Command{{
			Name: "artisan",
			Args: []string{"php", "artisan", "migrate", "--force"},
			Dir:  t.dir,
			Why:  "artisan and composer.json exist",
		}}, nil
	},
}
