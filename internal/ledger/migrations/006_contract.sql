create table migguard.contract (
  build       text primary key,
  document    text not null,
  recorded_at timestamptz not null default now()
);

comment on table migguard.contract is 'What the code of a build needs of the schema, as "migguard scan" found it when the build was made. Those of the last 50 builds that were released are kept.';
comment on column migguard.contract.build is 'Build id.';
comment on column migguard.contract.document is 'The contract, JSON as "migguard scan --format json" prints it.';
comment on column migguard.contract.recorded_at is 'When the first run of the build recorded it, or one with another contract.';
