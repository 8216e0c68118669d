-- # Constraints
ALTER TABLE orders ADD FOREIGN KEY (room) REFERENCES teams;
ALTER TABLE orders ADD FOREIGN KEY (room) REFERENCES teams NOT VALID;
ALTER TABLE orders ADD FOREIGN KEY (room) REFERENCES teams NOT ENFORCED; -- since 18
ALTER TABLE orders ADD FOREIGN KEY (room) REFERENCES teams, ADD FOREIGN KEY (room) REFERENCES users;
ALTER TABLE parts ADD FOREIGN KEY (c) REFERENCES teams;
ALTER TABLE orders VALIDATE CONSTRAINT orders_team;
ALTER TABLE orders VALIDATE CONSTRAINT orders_user; -- but ROW SHARE on users: foretold, and not taken since the constraint is valid already
ALTER TABLE orders VALIDATE CONSTRAINT amount_small;
ALTER TABLE orders DROP CONSTRAINT orders_user;
ALTER TABLE orders DROP CONSTRAINT IF EXISTS absent;
ALTER TABLE orders DROP CONSTRAINT amount_there;
ALTER TABLE orders ADD CHECK (amount > 1);
ALTER TABLE orders ADD CHECK (amount > 1) NOT VALID;
ALTER TABLE orders ADD CHECK (amount > 1) NOT ENFORCED; -- since 18
ALTER TABLE parts ADD CHECK (a > 0);
ALTER TABLE animals ADD CHECK (id > 0);
ALTER TABLE animals ADD CHECK (id > 0) NO INHERIT; -- but until 17 ACCESS EXCLUSIVE on dogs: foretold for all versions, and taken since 18
ALTER TABLE users ADD CONSTRAINT x NOT NULL nullable; -- since 18
ALTER TABLE users ADD CONSTRAINT x NOT NULL nullable NOT VALID; -- since 18
ALTER TABLE orders ADD UNIQUE (room);
ALTER TABLE orders ADD UNIQUE (room, note) DEFERRABLE;
ALTER TABLE untyped ADD PRIMARY KEY (a);
ALTER TABLE users ADD CONSTRAINT x UNIQUE USING INDEX users_age;
ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;
ALTER TABLE counted DROP CONSTRAINT counted_pkey;
ALTER TABLE teams DROP CONSTRAINT teams_code_key;
ALTER TABLE counted DROP CONSTRAINT counted_pkey, ADD PRIMARY KEY (code);
ALTER TABLE orders ADD EXCLUDE USING gist (during WITH &&);
ALTER TABLE orders RENAME CONSTRAINT orders_user TO x;
ALTER TABLE parts RENAME CONSTRAINT parts_c TO x;
ALTER TABLE orders ALTER CONSTRAINT orders_user DEFERRABLE;
ALTER TABLE orders DISABLE TRIGGER ALL;
ALTER TABLE users DISABLE TRIGGER USER;
ALTER TABLE users ENABLE TRIGGER users_touch;
ALTER TABLE users ENABLE ALWAYS TRIGGER users_touch;
ALTER TABLE orders VALIDATE CONSTRAINT amount_small, ADD COLUMN x int;
CREATE TABLE x (id int PRIMARY KEY, team_id int REFERENCES teams);
CREATE TABLE x (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES app.items);
