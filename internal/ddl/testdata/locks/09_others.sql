-- # Other objects
CREATE CAST (mood AS pair) WITH INOUT;
CREATE AGGREGATE x (int) (sfunc = int4pl, stype = int);
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq);
DROP OPERATOR ~~~ (int, int); -- fails 2BP01
DROP OPERATOR ~~~ (int, int) CASCADE;
CREATE COLLATION x FROM "C";
ALTER COLLATION words RENAME TO x;
ALTER COLLATION words SET SCHEMA app;
DROP COLLATION words; -- fails 2BP01
DROP COLLATION words CASCADE;
DROP OPERATOR CLASS backwards USING btree CASCADE;
CREATE TEXT SEARCH CONFIGURATION x (copy = simple);
CREATE LANGUAGE plperl; -- not measured: locks no table
CREATE ACCESS METHOD x TYPE table HANDLER heap_tableam_handler;
DROP ACCESS METHOD locks_heap;
CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION noted();
CREATE SERVER x FOREIGN DATA WRAPPER wrapper;
ALTER SERVER far OPTIONS (ADD a 'b');
CREATE USER MAPPING FOR PUBLIC SERVER far;
DROP FOREIGN DATA WRAPPER wrapper CASCADE;
IMPORT FOREIGN SCHEMA app FROM SERVER far INTO app; -- not measured: needs a wrapper with a handler, and makes tables
CREATE SUBSCRIPTION x CONNECTION 'dbname=x' PUBLICATION pub WITH (connect = false, slot_name = NONE);
ALTER PUBLICATION pub OWNER TO locks_bob;
CREATE ROLE locks_x;
ALTER ROLE locks_bob SET work_mem = '8MB';
ALTER ROLE locks_bob CONNECTION LIMIT 10;
REVOKE locks_eve FROM locks_bob;
DROP ROLE locks_bob;
ALTER DATABASE main SET work_mem = '8MB'; -- not measured: locks no table
ALTER DATABASE main CONNECTION LIMIT 10; -- not measured: locks no table
CREATE TABLESPACE x LOCATION ''; -- not measured: locks no table
SECURITY LABEL ON TABLE users IS 'x'; -- not measured: needs a provider
DO 'begin lock table users in share mode; end'; -- not measured: locks what its text does, as that runs: migguard looks at the effect
CALL tidy(); -- not measured: the same
EXECUTE x; -- not measured: the same
