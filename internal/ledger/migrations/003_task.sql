create table migguard.task (
  id          bigint generated always as identity primary key,
  release_id  bigint not null references migguard.release,
  kind        text not null check (kind in ('create-index')),
  relation    oid not null,
  schema_name text not null,
  table_name  text not null,
  object_name text not null,
  sql         text not null,
  role        text not null default current_user,
  settings    jsonb not null default jsonb_build_object(
    'search_path', current_setting('search_path'), 'default_tablespace', current_setting('default_tablespace'),
    'TimeZone', current_setting('TimeZone'), 'DateStyle', current_setting('DateStyle'),
    'IntervalStyle', current_setting('IntervalStyle')),
  created_at  timestamptz not null default now(),
  tried_at    timestamptz,
  closed_at   timestamptz,
  done        boolean not null default false,
  note        text,
  check (closed_at is not null or not done)
);
create index task_owed on migguard.task (id) where closed_at is null;

comment on table migguard.task is 'Work that a committed migration owes: what cannot run inside its transaction. Written in that transaction.';
comment on column migguard.task.id is 'Order in which tasks are done.';
comment on column migguard.task.release_id is 'The run whose migration owes it.';
comment on column migguard.task.kind is 'create-index: an index, built by CREATE INDEX CONCURRENTLY.';
comment on column migguard.task.relation is 'pg_class.oid of the table.';
comment on column migguard.task.schema_name is 'Schema of table and object, at the time.';
comment on column migguard.task.table_name is 'Name of the table, at the time.';
comment on column migguard.task.object_name is 'Name of the index.';
comment on column migguard.task.sql is 'The statement to run.';
comment on column migguard.task.role is 'The role that runs it.';
comment on column migguard.task.settings is 'What the migration''s session had set that the statement depends on, by name.';
comment on column migguard.task.created_at is 'When the migration''s transaction began.';
comment on column migguard.task.tried_at is 'When it was last begun; null before.';
comment on column migguard.task.closed_at is 'When it was done or given up; null while it is owed.';
comment on column migguard.task.done is 'Closed because it was done.';
comment on column migguard.task.note is 'How it went, for people.';
