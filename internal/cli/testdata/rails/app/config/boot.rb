# Stands where Bundler's set-up stands elsewhere: activates the gems at once, so
# that no error is reported as "caused by" RubyGems' search for a file.
gem "rails"
gem "pg"
