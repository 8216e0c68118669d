class RenameOrders < ActiveRecord::Migration[6.1]
  def change
    rename_table :orders, :purchases
    rename_column :purchases, :cents, :amount
  end
end
