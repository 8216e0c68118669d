class Account < ApplicationRecord
  self.ignored_columns += %w[notes nickname]

  belongs_to :team
  has_many :orders
  has_and_belongs_to_many :tags
end
