class Team < ApplicationRecord
  self.ignored_columns = [:motto]

  has_many :accounts
end
