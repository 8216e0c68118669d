# What a migration tool on psycopg2 does. The address is in the environment.
import psycopg2

conn = psycopg2.connect("")
conn.autocommit = True
with conn.cursor() as cur:
    cur.execute("CREATE TABLE py (id int PRIMARY KEY, v text)")
    with open("/dev/stdin") as rows:
        cur.copy_expert("COPY py FROM STDIN", rows)
    cur.execute("PREPARE get (int) AS SELECT v FROM py WHERE id = $1")
    cur.execute("EXECUTE get (%s)", (2,))
    assert cur.fetchone() == ("two",), "prepared"
    with open("/dev/stdout", "w") as out:
        cur.copy_expert("COPY py TO STDOUT", out)
conn.autocommit = False
try:
    with conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE py ADD COLUMN w int; INSERT INTO py VALUES (3, 'three')")
        cur.execute("SELECT 1 /* refuse */")
    raise SystemExit("not refused")
except psycopg2.Error as e:
    assert e.pgcode == "MG001" and e.diag.message_hint == "instead", e
with conn, conn.cursor() as cur:
    cur.execute("ALTER TABLE py ADD COLUMN x int")
with conn.cursor() as cur:
    cur.execute("SELECT * FROM py ORDER BY id")
    print(cur.fetchall())
