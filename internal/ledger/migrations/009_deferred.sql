create table migguard.deferred (
  id          bigint generated always as identity primary key,
  release_id  bigint not null references migguard.release,
  kind        text not null check (kind in ('drop-column', 'drop-table')),
  relation    oid not null,
  attnum      smallint not null default 0,
  schema_name text not null,
  table_name  text not null,
  column_name text,
  expanded    text[] not null default '{}',
  created_at  timestamptz not null default now(),
  closed_at   timestamptz,
  closed_by   bigint references migguard.release,
  done        boolean not null default false,
  note        text,
  check (closed_at is not null or not done)
);
create unique index deferred_open on migguard.deferred (relation, attnum) where closed_at is null;

comment on table migguard.deferred is 'What migrations have dropped and running code still needs: it stays until no code does. Written in the migration''s own transaction.';
comment on column migguard.deferred.id is 'Order in which the migrations dropped it.';
comment on column migguard.deferred.release_id is 'The run whose migration dropped it.';
comment on column migguard.deferred.kind is 'drop-column or drop-table.';
comment on column migguard.deferred.relation is 'pg_class.oid of the table.';
comment on column migguard.deferred.attnum is 'pg_attribute.attnum of the column; 0 is the whole table.';
comment on column migguard.deferred.schema_name is 'The table''s schema, at the time.';
comment on column migguard.deferred.table_name is 'The table''s name, at the time.';
comment on column migguard.deferred.column_name is 'The column''s name, at the time; null for a table.';
comment on column migguard.deferred.expanded is 'What was changed so that code which does not know it can write.';
comment on column migguard.deferred.created_at is 'When the migration''s transaction began.';
comment on column migguard.deferred.closed_at is 'When it was dropped, or found gone; null while it stays.';
comment on column migguard.deferred.closed_by is 'The run that dropped it; null when that was not a run.';
comment on column migguard.deferred.done is 'It is dropped.';
comment on column migguard.deferred.note is 'How it went, for people.';
