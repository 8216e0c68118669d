CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, name text, team_id integer, visits integer, seen timestamp);
CREATE TABLE teams (id serial PRIMARY KEY, title text);
