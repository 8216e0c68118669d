CREATE TABLE users (id serial PRIMARY KEY, full_name text, current_mood mood, meta jsonb, created_at timestamp, "updatedAt" timestamp);
CREATE TABLE app_posts (id serial PRIMARY KEY, title text, user_id integer);
