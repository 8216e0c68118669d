alter table migguard.task drop constraint task_kind_check,
  add constraint task_kind_check check (kind in ('create-index', 'validate-constraint', 'set-not-null', 'use-index', 'backfill-column', 'add-constraint', 'index-partitioned'));

comment on column migguard.task.kind is 'create-index: an index, built by CREATE INDEX CONCURRENTLY. validate-constraint: the rows there are are checked against a constraint. set-not-null: a column is set NOT NULL, when a valid CHECK spares the server the reading. use-index: a unique index is made the constraint of its name. backfill-column: the rows that have no value in a column get one, in batches. add-constraint: a constraint is added NOT VALID. index-partitioned: the index of a partitioned table is made of those that its partitions have.';
