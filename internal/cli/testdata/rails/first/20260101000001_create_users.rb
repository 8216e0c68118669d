class CreateUsers < ActiveRecord::Migration[6.1]
  def change
    create_table :users do |t|
      t.string :email, null: false
      t.text :notes
      t.timestamps
    end
    add_index :users, :email, unique: true
  end
end
