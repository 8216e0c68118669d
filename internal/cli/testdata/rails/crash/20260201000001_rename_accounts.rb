class RenameAccounts < ActiveRecord::Migration[6.1]
  def change
    rename_table :accounts, :members
  end
end
