comment on schema migguard is
  'migguard''s ledger: releases, what was done to their statements, shims. Safe to read; written by "migguard run".';

create table migguard.release (
  id          bigint generated always as identity primary key,
  build       text,
  version     text,
  app         text,
  migguard    text not null,
  command     text,
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  outcome     text not null default 'running'
    check (outcome in ('running', 'succeeded', 'refused', 'failed', 'interrupted')),
  exit_status integer,
  settled_at  timestamptz,
  check ((outcome = 'running') = (finished_at is null))
);
create unique index release_running on migguard.release ((true)) where outcome = 'running';
create index release_build on migguard.release (build);

comment on table migguard.release is 'One row for each "migguard run".';
comment on column migguard.release.id is 'Order of the runs.';
comment on column migguard.release.build is 'Build id of the code that the run belongs to; null when unknown. The same after a promotion or rollback.';
comment on column migguard.release.version is 'Heroku''s name of the release, vN; null elsewhere.';
comment on column migguard.release.app is 'Heroku''s name of the application; null elsewhere.';
comment on column migguard.release.migguard is 'Version of migguard that ran.';
comment on column migguard.release.command is 'The migration command, as it was started.';
comment on column migguard.release.started_at is 'When the run took the lock.';
comment on column migguard.release.finished_at is 'When the run ended; null while it runs.';
comment on column migguard.release.outcome is 'running: now, or killed and not yet noticed. succeeded: exit status 0. refused: migguard said no. failed: the command did. interrupted: found running by a later run that held the lock.';
comment on column migguard.release.exit_status is 'Exit status of migguard run; null when it never exited by itself.';
comment on column migguard.release.settled_at is 'When only this release''s code was running: the end of the window that finished_at began. Null before, and when nobody looked.';
comment on index migguard.release_running is 'One run at a time.';

create table migguard.statement (
  release_id  bigint not null references migguard.release,
  seq         integer not null,
  text        text not null,
  tag         text not null default '',
  changes     jsonb not null default '[]',
  hazards     jsonb not null default '[]',
  verdict     text not null,
  executed    jsonb not null default '[]',
  duration_ms double precision not null default 0,
  error       text,
  primary key (release_id, seq)
);

comment on table migguard.statement is 'The gated statements of a run, written when it ends. Statements without schema effect are not kept.';
comment on column migguard.statement.release_id is 'The run.';
comment on column migguard.statement.seq is 'Order within the run, from 1.';
comment on column migguard.statement.text is 'The statement as the runner sent it; long ones are cut, and say so.';
comment on column migguard.statement.tag is 'Command tag the runner was answered with; empty when it got an error.';
comment on column migguard.statement.changes is 'Typed effects, an array.';
comment on column migguard.statement.hazards is 'Reasons why an effect is unsafe, an array.';
comment on column migguard.statement.verdict is 'allow, rewrite, shim, maintenance or refuse.';
comment on column migguard.statement.executed is 'SQL that was executed in its place, an array of texts; empty when the statement itself was, or nothing.';
comment on column migguard.statement.duration_ms is 'Milliseconds from the runner''s message to its answer.';
comment on column migguard.statement.error is 'What the runner was told instead of a result.';

create table migguard.shim (
  id          bigint generated always as identity primary key,
  release_id  bigint not null references migguard.release,
  kind        text not null check (kind in ('table-view')),
  view        oid not null,
  relation    oid not null,
  schema_name text not null,
  old_name    text not null,
  new_name    text not null,
  transaction xid8 not null default pg_current_xact_id(),
  created_at  timestamptz not null default now(),
  dropped_at  timestamptz,
  dropped_by  bigint references migguard.release,
  note        text
);
create unique index shim_view on migguard.shim (view) where dropped_at is null;

comment on table migguard.shim is 'Objects that keep a running build working after a migration. Written in the transaction that makes them.';
comment on column migguard.shim.id is 'Order of creation.';
comment on column migguard.shim.release_id is 'The run that made it.';
comment on column migguard.shim.kind is 'table-view: a view under the old name of a renamed table.';
comment on column migguard.shim.view is 'pg_class.oid of the view.';
comment on column migguard.shim.relation is 'pg_class.oid of the renamed table.';
comment on column migguard.shim.schema_name is 'Schema of both, at the time.';
comment on column migguard.shim.old_name is 'Name the running build uses: the view''s.';
comment on column migguard.shim.new_name is 'Name the table was given.';
comment on column migguard.shim.transaction is 'The transaction that made it.';
comment on column migguard.shim.created_at is 'When that transaction began.';
comment on column migguard.shim.dropped_at is 'When it was taken down, or found gone; null while it stands.';
comment on column migguard.shim.dropped_by is 'The run that took it down; null when that was not a run.';
comment on column migguard.shim.note is 'Why it was made or how it went, for people.';

create table migguard.created (
  relation   oid not null,
  attnum     smallint not null default 0,
  release_id bigint not null,
  primary key (relation, attnum)
);

comment on table migguard.created is 'Objects that no running build can know: created since the last release that succeeded. Emptied when one succeeds.';
comment on column migguard.created.relation is 'pg_class.oid.';
comment on column migguard.created.attnum is 'pg_attribute.attnum; 0 is the whole relation.';
comment on column migguard.created.release_id is 'The run that created it.';

-- The guard calls these two after each CREATE TABLE and ADD COLUMN of a
-- migration. As functions their plans are kept for the session; as statements
-- they cost half as much again as what they record (measured).
create function migguard.record_created_relation(release bigint, relation text) returns void
language plpgsql as $$
begin
  insert into migguard.created (relation, attnum, release_id)
  values (record_created_relation.relation::pg_catalog.regclass, 0, release)
  on conflict do nothing;
end $$;

create function migguard.record_created_column(release bigint, relation text, col text) returns void
language plpgsql as $$
begin
  insert into migguard.created (relation, attnum, release_id)
  select a.attrelid, a.attnum, release from pg_catalog.pg_attribute a
  where a.attrelid = pg_catalog.to_regclass(record_created_column.relation)
    and a.attname = col and a.attnum > 0 and not a.attisdropped
    and not exists (select from migguard.created c where c.relation = a.attrelid and c.attnum = 0)
  on conflict do nothing;
end $$;

comment on function migguard.record_created_relation is 'Records a relation, as the session that created it writes its name.';
comment on function migguard.record_created_column is 'Records a column of a relation that is not recorded as a whole.';
