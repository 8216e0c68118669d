class AddLevel < ActiveRecord::Migration[6.1]
  def change
    add_column :accounts, :level, :integer
  end
end
