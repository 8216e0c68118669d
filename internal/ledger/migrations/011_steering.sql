create table migguard.boot (
  app          text not null,
  dyno         text not null,
  build        text not null,
  dyno_id      text,
  version      text,
  schema       text not null,
  path         text not null,
  announced_at timestamptz not null default clock_timestamp(),
  primary key (app, dyno, build)
);

comment on table migguard.boot is 'Dynos whose processes look into their build''s overlay schema before all others, as they said when they had started to. The last 3 of one name are kept, for 30 days.';
comment on column migguard.boot.app is 'Heroku''s name or id of the app; empty: unknown.';
comment on column migguard.boot.dyno is 'Name of the dyno, $DYNO.';
comment on column migguard.boot.build is 'Build id.';
comment on column migguard.boot.dyno_id is '$HEROKU_DYNO_ID; null: unknown.';
comment on column migguard.boot.version is 'Heroku''s release, "v42"; null: unknown.';
comment on column migguard.boot.schema is 'The overlay schema. It need not exist.';
comment on column migguard.boot.path is 'The search path of a session that was opened as the dyno''s processes open theirs.';
comment on column migguard.boot.announced_at is 'When, by the server''s clock.';

create table migguard.runner_path (
  release_id bigint primary key references migguard.release (id),
  build      text not null,
  schema     text not null,
  sessions   integer not null,
  problem    text,
  check (sessions > 0)
);

create index runner_path_build on migguard.runner_path (build, release_id);

comment on table migguard.runner_path is 'Whether the sessions of migration commands looked into their build''s overlay schema before all others. Those of the last 50 builds that were released are kept.';
comment on column migguard.runner_path.release_id is 'The run.';
comment on column migguard.runner_path.build is 'Its build id.';
comment on column migguard.runner_path.schema is 'The overlay schema of the build.';
comment on column migguard.runner_path.sessions is 'How many sessions the command has opened.';
comment on column migguard.runner_path.problem is 'What one of them did otherwise; null: nothing.';
