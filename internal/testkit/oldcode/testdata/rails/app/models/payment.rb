class Payment < ApplicationRecord
  self.ignored_columns = ["memo"]
end
