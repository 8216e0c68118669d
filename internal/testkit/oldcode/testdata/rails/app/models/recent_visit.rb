# A view.
class RecentVisit < ApplicationRecord
  self.primary_key = :id

  def readonly? = true
end
