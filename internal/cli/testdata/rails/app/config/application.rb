require_relative "boot"
require "rails"
require "active_record/railtie"

module Shop
  class Application < Rails::Application
    config.root = File.expand_path("..", __dir__)
    config.eager_load = false
    config.logger = Logger.new(IO::NULL)
    config.active_record.dump_schema_after_migration = false
  end
end
