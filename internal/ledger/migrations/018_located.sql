create table migguard.located (
  relation      oid not null,
  attnum        smallint not null,
  kind          "char" not null,
  schema_name   name not null,
  relation_name name not null,
  column_name   name,
  written       xid8 not null default pg_current_xact_id(),
  primary key (relation, attnum)
);

comment on table migguard.located is 'What the relations and columns that the ledger knows by number are called, written anew when a run begins and ends. A database that was restored from a dump has other numbers: they are looked up by these names.';
comment on column migguard.located.relation is 'pg_class.oid.';
comment on column migguard.located.attnum is 'pg_attribute.attnum; 0 is the whole relation.';
comment on column migguard.located.kind is 'pg_class.relkind.';
comment on column migguard.located.schema_name is 'The relation''s schema.';
comment on column migguard.located.relation_name is 'Its name.';
comment on column migguard.located.column_name is 'The column''s name; null for a relation. Of this table itself it is "restored" from when it was found so until the next run begins.';
comment on column migguard.located.written is 'The transaction that wrote the row. A row that was restored has another one in xmin.';

-- Default privileges may have left it none.
grant select, insert, update, delete on migguard.located to current_user;

-- Doubles of indexes (shim.Sync) have the number of theirs in their name.
create function migguard.locate() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from migguard.located;
  insert into migguard.located (relation, attnum, kind, schema_name, relation_name, column_name)
  select u.relation, u.attnum, c.relkind, n.nspname, c.relname, a.attname
  from (
    select 'migguard.located'::regclass::oid, 0::smallint
    union select x, 0 from migguard.shim s, unnest(array[s.view, s.relation]) x where s.dropped_at is null
    union select d.relation, x from migguard.deferred d, unnest(array[0, d.attnum, d.copy_of]) x where d.closed_at is null and x is not null
    union select w.relation, x from migguard.withheld w, unnest(0::smallint || w.attnums) x where w.closed_at is null or w.done
    union select w.parent, x from migguard.withheld w, unnest(0::smallint || w.parent_attnums) x where w.parent is not null and w.closed_at is null
    union select t.relation, 0 from migguard.task t where t.closed_at is null
    union select m.relation, x from migguard.created m, unnest(array[0, m.attnum]) x
    union select substr(i.relname, 12)::oid, 0 from pg_class i where i.relkind in ('i', 'I') and i.relname ~ '^mg_copy_of_[0-9]{1,9}$'
  ) u (relation, attnum)
  join pg_class c on c.oid = u.relation
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum and u.attnum > 0 and not a.attisdropped
  where u.attnum = 0 or a.attnum is not null;
end $$;

comment on function migguard.locate is 'Writes migguard.located anew.';

create function migguard.is_restored() returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from migguard.located) and not exists (
    select from migguard.located l
    where l.relation = 'migguard.located'::regclass and l.attnum = 0
      and l.xmin::text::bigint = l.written::text::bigint & 4294967295)
$$;

comment on function migguard.is_restored is 'Tells that the ledger came here with a dump, so that its numbers are another database''s.';

-- Numbers may change places, and unique indexes look at row by row: so each gets one first
-- that nothing has, the highest bit turned.
create function migguard.relocate() returns setof text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  d record;
  lost constant text := 'restored from a dump, and not found by its name';
begin
  create temp table moved on commit drop as
  select (l.relation::bigint # 2147483648)::oid as relation, l.attnum, l.relation as was, c.oid as now, a.attnum as place
  from migguard.located l
  join pg_namespace n on n.nspname = l.schema_name
  join pg_class c on c.relnamespace = n.oid and c.relname = l.relation_name and c.relkind = l.kind
  left join pg_attribute a on a.attrelid = c.oid and a.attname = l.column_name and a.attnum > 0 and not a.attisdropped
  where l.attnum = 0 or a.attnum is not null;
  create temp table moved_columns on commit drop as
  select w.id, w.relation, (
      select case when bool_and(m.place is not null) then array_agg(m.place order by one.n) end
      from unnest(w.attnums) with ordinality one (attnum, n)
      left join moved m on m.was = w.relation and m.attnum = one.attnum) as own, (
      select case when bool_and(m.place is not null) then array_agg(m.place order by one.n) end
      from unnest(w.parent_attnums) with ordinality one (attnum, n)
      left join moved m on m.was = w.parent and m.attnum = one.attnum) as theirs
  from migguard.withheld w where w.closed_at is null or w.done;

  -- What a trigger keeps equal has its numbers in names. Of one that only prepares a
  -- rename, which nobody knows, nothing is kept.
  for d in
    select f.id, f.kind, f.relation, f.copy_of, t.now, c.place as copied, format('%I.%I', n.nspname, r.relname) as name, quote_ident(x.attname) as col
    from migguard.deferred f
    join moved t on t.was = f.relation and t.attnum = 0
    join moved c on c.was = f.relation and c.attnum = f.copy_of
    join moved p on p.was = f.relation and p.attnum = f.attnum
    join pg_class r on r.oid = t.now join pg_namespace n on n.oid = r.relnamespace
    join pg_attribute x on x.attrelid = t.now and x.attnum = p.place
    where f.closed_at is null and f.copy_of is not null order by f.relation, f.copy_of
  loop
    if d.kind = 'prepare-sync' then
      execute format('drop trigger if exists zzz_migguard_sync_%s on %s', d.copy_of, d.name);
      execute format('drop function if exists migguard.sync_%s_%s()', d.relation, d.copy_of);
      execute format('alter table %s drop column %s', d.name, d.col);
      update migguard.deferred set closed_at = clock_timestamp(), done = true, note = 'dropped when it was restored from a dump' where id = d.id;
      update migguard.task set closed_at = clock_timestamp(), note = 'its copy is taken away'
      where relation = d.relation and closed_at is null and sql ~ ('\mmg_copy_' || d.copy_of || '(\M|_)');
    else -- columns come closer, so their triggers' names are free, one after the other
      if d.copy_of <> d.copied then
        execute format('alter trigger zzz_migguard_sync_%s on %s rename to zzz_migguard_sync_%s', d.copy_of, d.name, d.copied);
      end if;
      execute format('alter function migguard.sync_%s_%s() rename to was_%s_%s', d.relation, d.copy_of, d.now, d.copied);
    end if;
  end loop;
  for d in select p.proname from pg_proc p where p.pronamespace = 'migguard'::regnamespace and p.proname ~ '^was_[0-9]+_[0-9]+$' loop
    execute format('alter function migguard.%s() rename to %s', d.proname, 'sync' || substr(d.proname, 4));
  end loop;
  for d in
    select format('%I.%I', n.nspname, i.relname) as name, format('mg_copy_now_%s', m.now) as now
    from moved m join pg_class i on i.relname = 'mg_copy_of_' || m.was and i.relkind in ('i', 'I')
    join pg_namespace n on n.oid = i.relnamespace where m.attnum = 0
  loop
    execute format('alter index %s rename to %s', d.name, d.now);
  end loop;
  for d in
    select format('%I.%I', n.nspname, i.relname) as name, 'mg_copy_of_' || substr(i.relname, 13) as now
    from pg_class i join pg_namespace n on n.oid = i.relnamespace where i.relname ~ '^mg_copy_now_[0-9]+$' and i.relkind in ('i', 'I')
  loop
    execute format('alter index %s rename to %s', d.name, d.now);
  end loop;

  update migguard.shim set view = (view::bigint # 2147483648)::oid, relation = (relation::bigint # 2147483648)::oid,
    transaction = pg_current_xact_id() where dropped_at is null;
  update migguard.shim s set view = v.now, relation = t.now from moved v, moved t
  where s.dropped_at is null and v.relation = s.view and v.attnum = 0 and t.relation = s.relation and t.attnum = 0;
  return query update migguard.shim s set dropped_at = clock_timestamp(), note = lost
    where s.dropped_at is null and not exists (select from moved m where m.now = s.view) returning format('the shim %s.%s', s.schema_name, s.old_name);

  update migguard.deferred set relation = (relation::bigint # 2147483648)::oid where closed_at is null;
  update migguard.deferred f set relation = t.now, attnum = t.place from (
      select m.relation, m.attnum, m.now, coalesce(m.place, 0) as place from moved m) t
  where f.closed_at is null and t.relation = f.relation and t.attnum = f.attnum and f.copy_of is null;
  update migguard.deferred f set relation = t.now, attnum = t.place, copy_of = c.place from moved t, moved c
  where f.closed_at is null and t.relation = f.relation and t.attnum = f.attnum and c.relation = f.relation and c.attnum = f.copy_of;
  return query update migguard.deferred f set closed_at = clock_timestamp(), note = lost
    where f.closed_at is null and not exists (select from moved m where m.now = f.relation) returning format('%s.%s, which was dropped', f.schema_name, f.table_name || coalesce('.' || f.column_name, ''));

  update migguard.withheld set relation = (relation::bigint # 2147483648)::oid where closed_at is null or done;
  update migguard.withheld w set relation = t.now, attnums = coalesce(c.own, '{}')
  from moved t, moved_columns c
  where (w.closed_at is null or w.done) and c.id = w.id and t.was = c.relation and t.attnum = 0 and (c.own is not null or w.attnums = '{}');
  update migguard.withheld w set parent = t.now, parent_attnums = c.theirs
  from migguard.withheld o join moved_columns c on c.id = o.id left join moved t on t.was = o.parent and t.attnum = 0
  where w.id = o.id and w.closed_at is null and w.parent is not null;
  return query update migguard.withheld w set closed_at = clock_timestamp(), note = lost
    where w.closed_at is null and not exists (select from moved m where m.now = w.relation) returning format('%s of %s.%s, which waits', w.object_name, w.schema_name, w.table_name);

  update migguard.task set relation = (relation::bigint # 2147483648)::oid where closed_at is null;
  update migguard.task t set relation = m.now from moved m where t.closed_at is null and m.relation = t.relation and m.attnum = 0;
  return query update migguard.task t set closed_at = clock_timestamp(), note = lost
    where t.closed_at is null and not exists (select from moved m where m.now = t.relation) returning format('a task, %s %s of %s.%s', t.kind, t.object_name, t.schema_name, t.table_name);

  -- Roles are others, too, where another user owns the database.
  update migguard.withheld w set role = pg_get_userbyid(c.relowner) from pg_class c
  where w.closed_at is null and w.role is not null and c.oid = w.relation
    and not exists (select from pg_roles r where r.rolname = w.role and pg_has_role(r.oid, c.relowner, 'usage'));
  update migguard.task t set role = pg_get_userbyid(c.relowner) from pg_class c
  where t.closed_at is null and c.oid = t.relation
    and not exists (select from pg_roles r where r.rolname = t.role and pg_has_role(r.oid, c.relowner, 'usage'));

  update migguard.created set relation = (relation::bigint # 2147483648)::oid;
  update migguard.created c set relation = m.now, attnum = coalesce(m.place, 0) from moved m where m.relation = c.relation and m.attnum = c.attnum;
  delete from migguard.created c where not exists (select from moved m where m.now = c.relation and coalesce(m.place, 0) = c.attnum);
  delete from migguard.seen_query; -- roles and queries have other numbers, too
  perform migguard.locate();
  update migguard.located set column_name = 'restored' where relation = 'migguard.located'::regclass and attnum = 0;
end $$;

comment on function migguard.relocate is 'Gives all that is open in a restored ledger the numbers that things have here, and tells what it has not found. Roles that may not do a table''s work here become its owner.';

alter table migguard.release drop constraint release_outcome_check,
  add constraint release_outcome_check check (outcome in ('running', 'succeeded', 'refused', 'failed', 'interrupted', 'elsewhere'));

comment on column migguard.release.outcome is 'running: now, or killed and not yet noticed. succeeded: exit status 0. refused: migguard said no. failed: the command did. interrupted: found running by a later run that held the lock. elsewhere: succeeded, in a database of which this is a copy for another app.';

-- No dynos of the app that the dump is of use this database.
create function migguard.begin_restored(app text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  update migguard.release r set outcome = 'elsewhere'
  where r.outcome = 'succeeded' and r.app <> begin_restored.app
    and exists (select from migguard.located l where l.attnum = 0 and l.column_name = 'restored')
    and not exists (select from migguard.release own where own.app = begin_restored.app)
$$;

comment on function migguard.begin_restored is 'Marks the releases of other apps as made elsewhere, where a dump was restored for an app that it knows nothing of.';
