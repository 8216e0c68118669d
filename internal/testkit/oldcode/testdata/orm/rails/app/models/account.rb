class Account < ApplicationRecord
  belongs_to :team, optional: true
  has_many :orders
end
