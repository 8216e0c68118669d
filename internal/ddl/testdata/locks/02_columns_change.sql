-- # Columns: change, drop, rename
ALTER TABLE users DROP COLUMN nullable;
ALTER TABLE users DROP COLUMN IF EXISTS absent;
ALTER TABLE users DROP COLUMN name CASCADE;
ALTER TABLE users DROP COLUMN team_id;
ALTER TABLE users DROP COLUMN id CASCADE;
ALTER TABLE users DROP COLUMN n;
ALTER TABLE users DROP COLUMN ident;
ALTER TABLE teams DROP COLUMN code;
ALTER TABLE parts DROP COLUMN c;
ALTER TABLE animals DROP COLUMN name;
ALTER TABLE users RENAME COLUMN name TO full_name;
ALTER TABLE parts RENAME COLUMN c TO d;
ALTER VIEW adults RENAME COLUMN name TO full_name;
ALTER MATERIALIZED VIEW totals RENAME COLUMN sum TO total;
ALTER TABLE users ALTER COLUMN nullable SET NOT NULL;
ALTER TABLE users ALTER COLUMN maybe SET NOT NULL;
ALTER TABLE users ALTER COLUMN age SET NOT NULL;
ALTER TABLE parts ALTER COLUMN b SET NOT NULL;
ALTER TABLE users ALTER COLUMN age DROP NOT NULL;
ALTER TABLE users ALTER COLUMN age SET DEFAULT 1;
ALTER TABLE users ALTER COLUMN n DROP DEFAULT;
ALTER TABLE parts ALTER COLUMN b SET DEFAULT 'x';
ALTER VIEW adults ALTER COLUMN name SET DEFAULT 'x';
ALTER TABLE users ALTER COLUMN score TYPE bigint;
ALTER TABLE users ALTER COLUMN team_id TYPE bigint;
ALTER TABLE teams ALTER COLUMN id TYPE bigint; -- work foretold reads orders: its foreign key is not valid, and stays so without a check
ALTER TABLE users ALTER COLUMN email TYPE varchar(100);
ALTER TABLE users ALTER COLUMN email TYPE text;
ALTER TABLE users ALTER COLUMN email TYPE varchar(20);
ALTER TABLE users ALTER COLUMN email TYPE varchar(50) COLLATE "C";
ALTER TABLE users ALTER COLUMN maybe TYPE plain;
ALTER TABLE users ALTER COLUMN score TYPE numeric(10,2);
ALTER TABLE users ALTER COLUMN score TYPE numeric(10,3);
ALTER TABLE users ALTER COLUMN at TYPE timestamp;
ALTER TABLE users ALTER COLUMN at TYPE timestamptz;
ALTER TABLE users ALTER COLUMN data TYPE jsonb;
ALTER TABLE users ALTER COLUMN mood TYPE text;
ALTER TABLE users ALTER COLUMN nullable TYPE int USING nullable + 1;
ALTER TABLE parts ALTER COLUMN c TYPE bigint;
ALTER TABLE animals ALTER COLUMN id TYPE bigint;
ALTER TABLE users ALTER COLUMN score TYPE numeric(10,3), ALTER COLUMN score SET NOT NULL, ALTER COLUMN score SET DEFAULT 0;
ALTER TABLE users ALTER COLUMN score SET STATISTICS 500;
ALTER TABLE users ALTER COLUMN score SET (n_distinct = -0.5);
ALTER TABLE users ALTER COLUMN score RESET (n_distinct);
ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;
ALTER TABLE users ALTER COLUMN name SET COMPRESSION pglz;
ALTER TABLE users ALTER COLUMN ident2 ADD GENERATED ALWAYS AS IDENTITY;
ALTER TABLE users ALTER COLUMN ident SET GENERATED ALWAYS;
ALTER TABLE users ALTER COLUMN ident RESTART WITH 100;
ALTER TABLE users ALTER COLUMN ident DROP IDENTITY;
ALTER TABLE users ALTER COLUMN twice DROP EXPRESSION;
ALTER TABLE users ALTER COLUMN twice SET EXPRESSION AS (age * 3); -- since 17
ALTER TABLE users ALTER COLUMN mood TYPE humor USING mood::text::humor;
ALTER TABLE parts ALTER COLUMN b TYPE varchar; -- work foretold writes parts_1, foretold writes parts_2, foretold writes parts_rest, not foretold reads parts_1, not foretold reads parts_2, not foretold reads parts_rest: partitions are not tried, and the worst is foretold
ALTER TABLE users ALTER COLUMN name TYPE varchar(9); -- fails 0A000
ALTER TABLE users ALTER COLUMN nullable ADD GENERATED ALWAYS AS IDENTITY; -- fails 55000
