class Team < ApplicationRecord
  has_many :accounts
end
