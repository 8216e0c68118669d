class Order < ApplicationRecord
  belongs_to :account
end
