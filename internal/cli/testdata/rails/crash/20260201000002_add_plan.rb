class AddPlan < ActiveRecord::Migration[6.1]
  def change
    add_column :members, :plan, :string, default: "free"
    add_index :members, :plan
  end
end
