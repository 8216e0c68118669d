alter table migguard.shim drop constraint shim_kind_check,
  add constraint shim_kind_check check (kind in ('table-view', 'overlay'));

comment on column migguard.shim.kind is 'table-view: a view under the old name of a renamed table. overlay: a view of a table, under its name and with the old names of its columns, in the schema that the sessions of one build look into first.';
comment on column migguard.shim.schema_name is 'Schema of the table, at the time, and of a table-view.';
