ALTER TABLE accounts ADD COLUMN level integer;
