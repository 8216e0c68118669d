alter table migguard.seen_query
  add column began  bigint,
  add column killed bigint not null default 0;

comment on table migguard.seen_query is 'How often queries had been run when the last run ended, or began that has not, by pg_stat_statements. Each run writes it anew.';
comment on column migguard.seen_query.began is 'All calls when the run began that has not ended; null when it has.';
comment on column migguard.seen_query.killed is 'Other calls since the last run that succeeded which may be of runs that were killed.';
comment on column migguard.seen_query.recorded_at is 'When that run ended or began.';

create table migguard.seen (
  one         boolean primary key default true check (one),
  whole_since timestamptz not null,
  evictions   bigint not null,
  recorded_at timestamptz not null default now()
);

comment on table migguard.seen is 'Since when pg_stat_statements has kept all queries that it counted, as far as runs have seen: one row, which counts while there are rows of migguard.seen_query.';
comment on column migguard.seen.one is 'There is one row.';
comment on column migguard.seen.whole_since is 'When it began to count, or when a run first saw that queries had been forgotten.';
comment on column migguard.seen.evictions is 'pg_stat_statements_info.dealloc: how often some had been forgotten for want of room.';
comment on column migguard.seen.recorded_at is 'When the last run ended, or began that has not.';
