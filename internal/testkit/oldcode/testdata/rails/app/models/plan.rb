class Plan < ApplicationRecord
  def readonly?
    true
  end
end
