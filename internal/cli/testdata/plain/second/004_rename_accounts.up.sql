ALTER TABLE accounts RENAME TO members;
