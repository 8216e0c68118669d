# Boots the application of a folder when it is told to, and runs its actions: see the
# Go package oldcode, Boot.
gem "rails"
gem "pg"
require "active_record"

STDOUT.sync = true
ActiveRecord.legacy_connection_handling = false if ActiveRecord.respond_to?(:legacy_connection_handling=)
root = File.expand_path("#{ARGV.fetch(0)}/app", __dir__)
Dir["#{root}/models/*.rb"].sort_by { |f| f.end_with?("application_record.rb") ? "" : f }.each { |f| require f }
require "#{root}/services/shop"

def attempt(name)
  yield
  puts "ok #{name}"
rescue => e
  puts "error #{name} #{e.class}: #{e.message.lines.first.to_s.strip}"
end

STDIN.each_line do |line|
  command, argument = line.split
  case command
  when "open"
    attempt("boot") do
      ActiveRecord::Base.establish_connection(argument)
      ApplicationRecord.descendants.each(&:reset_column_information)
      ActiveRecord::Base.connection.verify!
    end
  when "act"
    Shop::ACTIONS.each { |name| attempt(name) { Shop.public_send(name, argument.to_i) } }
  when "close"
    ActiveRecord::Base.remove_connection
  end
  puts "end"
end
