create table migguard.maintenance (
  id         bigint generated always as identity primary key,
  app        text not null default '',
  release_id bigint references migguard.release,
  version    text,
  opened_by  text not null,
  reason     text,
  state      text not null default 'entering'
    check (state in ('entering', 'on', 'draining', 'work', 'leaving', 'off')),
  by_hand    boolean not null default false,
  was_on     boolean not null,
  formation  jsonb not null default '{}',
  stopped    text[] not null default '{}',
  until      timestamptz,
  opened_at  timestamptz not null default clock_timestamp(),
  on_at      timestamptz,
  drained_at timestamptz,
  left_at    timestamptz,
  closed_at  timestamptz,
  note       text,
  check ((state = 'off') = (closed_at is not null))
);
create unique index maintenance_open on migguard.maintenance (app) where closed_at is null;

comment on table migguard.maintenance is 'Times of maintenance mode that migguard turned on. A row is committed before Heroku is asked for anything, so that any later process can end what a killed one began.';
comment on column migguard.maintenance.id is 'Order of the periods.';
comment on column migguard.maintenance.app is 'Heroku''s name of the application; empty when unknown.';
comment on column migguard.maintenance.release_id is 'The run that works under it; null when it was turned on by hand and no run uses it.';
comment on column migguard.maintenance.version is 'Heroku''s name of that run''s release, vN; null elsewhere.';
comment on column migguard.maintenance.opened_by is 'Who turned it on: "migguard run", or a user or dyno.';
comment on column migguard.maintenance.reason is 'Why, for people.';
comment on column migguard.maintenance.state is 'entering: about to be turned on. on: the app has it. draining: process types are being stopped, old queries waited for. work: nothing of the old code is at work. leaving: about to be turned off. off: over.';
comment on column migguard.maintenance.by_hand is 'A person turned it on, too: the end of a run does not turn it off.';
comment on column migguard.maintenance.was_on is 'The app was in maintenance before, so it is left so.';
comment on column migguard.maintenance.formation is 'Quantity of each process type before.';
comment on column migguard.maintenance.stopped is 'Process types that are scaled to 0 meanwhile.';
comment on column migguard.maintenance.until is 'When it is to be turned off; null for no such time.';
comment on column migguard.maintenance.opened_at is 'When it was decided.';
comment on column migguard.maintenance.on_at is 'When Heroku had said that it is on.';
comment on column migguard.maintenance.drained_at is 'When nothing of the old code was at work any more.';
comment on column migguard.maintenance.left_at is 'When it was decided to turn it off.';
comment on column migguard.maintenance.closed_at is 'When it was off and the formation restored; null before.';
comment on column migguard.maintenance.note is 'How it went, for people.';
comment on index migguard.maintenance_open is 'One period at a time for an app.';

create table migguard.maintenance_break (
  period_id   bigint not null references migguard.maintenance,
  release_id  bigint not null references migguard.release,
  hazard      text not null,
  relation    text not null,
  column_name text,
  at          timestamptz not null default clock_timestamp()
);
create index maintenance_break_period on migguard.maintenance_break (period_id);

comment on table migguard.maintenance_break is 'Statements that were committed under maintenance and that the code running before does not survive. Written in the migration''s own transaction: without a row here, that code still fits the schema.';
comment on column migguard.maintenance_break.period_id is 'The maintenance.';
comment on column migguard.maintenance_break.release_id is 'The run.';
comment on column migguard.maintenance_break.hazard is 'Id of the hazard.';
comment on column migguard.maintenance_break.relation is 'The relation, as that code names it.';
comment on column migguard.maintenance_break.column_name is 'Its column; null for the whole relation.';
comment on column migguard.maintenance_break.at is 'When the statement was executed.';

-- The guard calls this before a statement that the running code does not
-- survive. It fails when the maintenance was ended by somebody meanwhile, and
-- with it the migration. Between this look and the commit it can still be
-- ended: whoever presses the emergency switch does not wait for a migration.
create function migguard.record_break(period bigint, release bigint, hazard text, relation text, col text) returns void
language plpgsql as $$
begin
  if not exists (
    select from migguard.maintenance m
    where m.id = record_break.period and m.state not in ('leaving', 'off')
  ) then
    raise exception 'the maintenance that this statement needs has been ended'
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'Nothing of this transaction is committed. Run the release again.';
  end if;
  insert into migguard.maintenance_break (period_id, release_id, hazard, relation, column_name)
  values (period, release, record_break.hazard, record_break.relation, nullif(col, ''));
end $$;

comment on function migguard.record_break is 'Records a statement that the running code does not survive; fails when the maintenance is over.';
