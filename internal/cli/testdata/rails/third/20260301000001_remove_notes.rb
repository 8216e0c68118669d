class RemoveNotes < ActiveRecord::Migration[6.1]
  def change
    remove_column :members, :notes, :text
  end
end
