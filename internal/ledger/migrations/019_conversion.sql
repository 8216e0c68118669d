alter table migguard.deferred add column conversion text check (conversion is null or copy_of is not null);

comment on column migguard.deferred.kind is 'drop-column or drop-table. sync: the column has the old name of one that was renamed, and a trigger keeps the two equal. prepare-sync: a copy of a column that is to be renamed, or to get another type.';
comment on column migguard.deferred.conversion is 'What the copy has in the place of the column''s value, in SQL: it is to be of another type. Null: the value.';
