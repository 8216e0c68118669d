alter table migguard.deferred drop constraint deferred_kind_check,
  add constraint deferred_kind_check check (kind in ('drop-column', 'drop-table', 'prepare-sync', 'sync')),
  add column copy_of smallint check ((copy_of is not null) = (kind in ('prepare-sync', 'sync'))),
  add column ready boolean not null default false;
alter table migguard.task drop constraint task_kind_check,
  add constraint task_kind_check check (kind in ('create-index', 'validate-constraint', 'set-not-null', 'use-index', 'backfill-column', 'add-constraint', 'index-partitioned', 'reindex-index', 'reindex-table', 'add-identity', 'constrain-partitioned', 'copy-column'));

comment on column migguard.task.kind is 'create-index: an index, built by CREATE INDEX CONCURRENTLY. validate-constraint: the rows there are are checked against a constraint. set-not-null: a column is set NOT NULL, when a valid CHECK spares the server the reading. use-index: a unique index is made the constraint of its name. backfill-column: the rows that have no value in a column get one, in batches. add-constraint: a constraint is added NOT VALID. index-partitioned: the index of a partitioned table is made of those that its partitions have. reindex-index, reindex-table: an index, or all of a table, is built anew by REINDEX CONCURRENTLY. add-identity: a column that has its numbers is made an identity column. constrain-partitioned: the constraint of a partitioned table is made of those that its partitions have. copy-column: a column gets a copy that a trigger keeps equal, and the rows there are their values, in batches.';
comment on column migguard.deferred.kind is 'drop-column or drop-table. sync: the column has the old name of one that was renamed, and a trigger keeps the two equal. prepare-sync: a copy of a column that is to be renamed.';
comment on column migguard.deferred.copy_of is 'pg_attribute.attnum of the column whose copy this is.';
comment on column migguard.deferred.ready is 'All rows of the copy were found equal when its trigger was there.';
