create table migguard.seen_query (
  role        oid not null,
  query       bigint not null,
  own         bigint not null,
  outside     bigint,
  recorded_at timestamptz not null default now(),
  primary key (role, query)
);

comment on table migguard.seen_query is 'How often queries had been run when the last run ended, by pg_stat_statements. Each run writes it anew.';
comment on column migguard.seen_query.role is 'Who ran it, pg_stat_statements.userid.';
comment on column migguard.seen_query.query is 'pg_stat_statements.queryid. The row with 0 is there if none was left out.';
comment on column migguard.seen_query.own is 'Calls while runs went on, which may be of migrations or migguard.';
comment on column migguard.seen_query.outside is 'Other calls until the last run that succeeded; null if it was not seen until then.';
comment on column migguard.seen_query.recorded_at is 'When that run ended.';
