alter table migguard.shim drop constraint shim_kind_check,
  add constraint shim_kind_check check (kind in ('table-view', 'table-parent', 'overlay'));

comment on column migguard.shim.kind is 'table-view: a view under the old name of a renamed table. table-parent: a partitioned table under the old name of a renamed table, which is its one partition. overlay: a view of a table, under its name and with the old names of its columns, in the schema that the sessions of one build look into first.';
comment on column migguard.shim.view is 'The view, or the partitioned table.';
