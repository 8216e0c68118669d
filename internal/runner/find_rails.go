package runner

// railsDetector finds a Rails application by the two files that `rails new`
// writes into every application and that db:migrate can't do without. An
// engine has bin/rails but no config/application.rb, and is not one. Gemfile
// and config.ru say nothing more: applications without Bundler or without a
// web server lack them.
var railsDetector = detector{
	name:  "rails",
	looks: "Rails: config/application.rb and bin/rails",
	find: func(t tree) ([]Command, error) {
		if !t.has("config/application.rb") || !t.has("bin/rails") {
			return nil, nil
		}
		return []Command{{
			Name: "rails",
			Args: []string{"bin/rails", "db:migrate"},
			Dir:  t.dir,
			Why:  "config/application.rb and bin/rails exist",
		}}, nil
	},
}
