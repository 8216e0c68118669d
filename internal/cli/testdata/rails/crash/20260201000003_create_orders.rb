class CreateOrders < ActiveRecord::Migration[6.1]
  def change
    create_table :orders do |t|
      t.references :member, foreign_key: true
      t.integer :cents, null: false
    end
  end
end
