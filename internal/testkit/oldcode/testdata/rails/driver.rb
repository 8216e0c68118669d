# Runs the actions of the application when it is told to, in one process and one
# connection to each database: see the Go package oldcode.
gem "rails"
gem "pg"
require "active_record"

STDOUT.sync = true
ActiveRecord.legacy_connection_handling = false if ActiveRecord.respond_to?(:legacy_connection_handling=)
root = File.expand_path("app", __dir__)
(%w[application_record payment] + Dir.children("#{root}/models").map { |f| File.basename(f, ".rb") }.sort).uniq
  .each { |name| require "#{root}/models/#{name}" }
require "#{root}/services/shop"

STDIN.each_line do |line|
  command, argument = line.split
  case command
  when "open"
    ActiveRecord::Base.establish_connection(argument)
    ApplicationRecord.descendants.each(&:reset_column_information)
  when "act"
    Shop::ACTIONS.each do |name|
      Shop.public_send(name, argument.to_i)
      puts "ok #{name}"
    rescue => e
      puts "error #{name} #{e.class}: #{e.message.lines.first.strip}"
    end
  when "close"
    ActiveRecord::Base.remove_connection
  end
  puts "end"
end
