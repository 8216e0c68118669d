alter table migguard.deferred drop constraint deferred_kind_check,
  add constraint deferred_kind_check check (kind in ('drop-column', 'drop-table', 'drop-view', 'prepare-sync', 'sync'));

comment on column migguard.deferred.kind is 'drop-column, drop-table or drop-view. sync: the column has the old name of one that was renamed, and a trigger keeps the two equal. prepare-sync: a copy of a column that is to be renamed, or to get another type.';
comment on column migguard.deferred.relation is 'pg_class.oid of the table, or of the view as it was made anew.';
