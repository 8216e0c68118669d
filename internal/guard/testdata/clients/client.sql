-- What a migration tool on psql does.
\set ON_ERROR_ROLLBACK on
\set QUIET on
CREATE TABLE ps (id int PRIMARY KEY, v text);
\copy ps from pstdin
PREPARE get (int) AS SELECT v FROM ps WHERE id = $1;
EXECUTE get (2);
\copy ps to pstdout
BEGIN;
ALTER TABLE ps ADD COLUMN w int;
SELECT 1 /* refuse */;
INSERT INTO ps VALUES (3);
ROLLBACK;
ALTER TABLE ps ADD COLUMN x int;
SELECT * FROM ps ORDER BY id;
