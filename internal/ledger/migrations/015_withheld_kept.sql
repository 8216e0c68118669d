alter table migguard.withheld
  add column role           text,
  add column settings       jsonb,
  add column columns        name[],
  add column parent         oid,
  add column parent_attnums smallint[],
  add column parent_columns name[],
  add column comment        text;
alter table migguard.withheld
  alter column role set default current_user,
  alter column settings set default jsonb_build_object(
    'default_tablespace', current_setting('default_tablespace'), 'TimeZone', current_setting('TimeZone'),
    'DateStyle', current_setting('DateStyle'), 'IntervalStyle', current_setting('IntervalStyle'));
alter table migguard.task add column withheld bigint references migguard.withheld;

comment on column migguard.withheld.role is 'The migration''s, which makes it; null if nobody noted that.';
comment on column migguard.withheld.settings is 'What the migration''s session had set that the statement depends on, by name; null if nobody noted that.';
comment on column migguard.withheld.columns is 'What the columns of attnums are called in the statement; null if nobody noted that.';
comment on column migguard.withheld.parent is 'pg_class.oid of the table that a foreign key refers to, if that is known.';
comment on column migguard.withheld.parent_attnums is 'pg_attribute.attnum of the columns there.';
comment on column migguard.withheld.parent_columns is 'What those are called in the statement.';
comment on column migguard.withheld.comment is 'What COMMENT has said of it, to be said when it is made.';
comment on column migguard.task.withheld is 'What had waited and is made by this: if it cannot be done, that waits again.';
