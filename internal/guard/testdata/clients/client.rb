# What a migration tool on Ruby's pg does. The address is in the environment.
require "pg"

conn = PG.connect
conn.exec "CREATE TABLE rb (id int PRIMARY KEY, v text)"
conn.copy_data("COPY rb FROM STDIN") { $stdin.each_line { |line| conn.put_copy_data line } }
conn.prepare "get", "SELECT v FROM rb WHERE id = $1"
2.times { raise "prepared" unless conn.exec_prepared("get", [2]).values == [["two"]] }
conn.copy_data("COPY rb TO STDOUT") { while (row = conn.get_copy_data) do print row end }
begin
  conn.transaction do
    conn.exec "ALTER TABLE rb ADD COLUMN w int"
    conn.exec_params "INSERT INTO rb (id) VALUES ($1)", [3]
    conn.exec_params "SELECT 1 /* refuse */", []
  end
  abort "not refused"
rescue PG::Error => e
  raise e unless e.result.error_field(PG::PG_DIAG_SQLSTATE) == "MG001"
end
raise "status #{conn.transaction_status}" unless conn.transaction_status == PG::PQTRANS_IDLE
conn.transaction { conn.exec_params "ALTER TABLE rb ADD COLUMN x int", [] }
p conn.exec("SELECT * FROM rb ORDER BY id").values
