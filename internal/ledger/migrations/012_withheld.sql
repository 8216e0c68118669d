create table migguard.withheld (
  id          bigint generated always as identity primary key,
  release_id  bigint not null references migguard.release,
  kind        text not null check (kind in ('set-not-null', 'drop-default', 'add-constraint', 'create-index')),
  relation    oid not null,
  attnums     smallint[] not null,
  schema_name text not null,
  table_name  text not null,
  object_name text not null,
  statement   text not null,
  search_path text not null,
  created_at  timestamptz not null default now(),
  closed_at   timestamptz,
  closed_by   bigint references migguard.release,
  done        boolean not null default false,
  note        text,
  check (closed_at is not null or not done)
);
create unique index withheld_open on migguard.withheld (relation, kind, object_name) where closed_at is null;

comment on table migguard.withheld is 'What migrations have asked for and what the code that ran then could violate, or counted on: it is made when that code is gone. Written in the migration''s own transaction.';
comment on column migguard.withheld.id is 'Order in which the migrations asked for it.';
comment on column migguard.withheld.release_id is 'The run whose migration asked for it. It waits for the builds from before that.';
comment on column migguard.withheld.kind is 'set-not-null, drop-default, add-constraint or create-index.';
comment on column migguard.withheld.relation is 'pg_class.oid of the table.';
comment on column migguard.withheld.attnums is 'pg_attribute.attnum of the columns it is about: with one of them it goes.';
comment on column migguard.withheld.schema_name is 'The table''s schema, at the time.';
comment on column migguard.withheld.table_name is 'The table''s name, at the time.';
comment on column migguard.withheld.object_name is 'Name of the constraint, index or column.';
comment on column migguard.withheld.statement is 'What makes it. The table''s name in it is written anew when it is run.';
comment on column migguard.withheld.search_path is 'The migration''s, by which the other names in it mean something.';
comment on column migguard.withheld.created_at is 'When the migration''s transaction began.';
comment on column migguard.withheld.closed_at is 'When it was made, taken back or found gone; null while it waits.';
comment on column migguard.withheld.closed_by is 'The run that did that.';
comment on column migguard.withheld.done is 'It is made.';
comment on column migguard.withheld.note is 'What stood in the way of the last try, or how it ended, for people.';
