-- name: page
-- What changed after a place of the feed, in its order. A transaction that still runs, and whatever
-- began after it, is not told of: it may yet commit in between. Two ways in, each by its index.
select f.*
from (
  (
    select r.changed, r.id as place, r.born, null::text as withdrawn, {columns}
    from requests r
    where r.jurisdiction_id = $1 and r.service_request_id is not null
      and (r.changed, r.id) > ($2, $3) and r.changed < {settled}
    order by r.changed, r.id
    limit $4
  )
  union all
  (
    select w.changed, w.number, 0, w.service_request_id, {nothing}
    from withdrawals w
    left join requests n on false and n.jurisdiction_id = $1
    where w.jurisdiction_id = $1
      and (w.changed, w.number) > ($2, $3) and w.changed < {settled}
    order by w.changed, w.number
    limit $4
  )
) f
order by f.changed, f.place
limit $4

-- name: settled
-- Of which number on something may still be on its way.
changes_before() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint

-- name: last
-- The place of the last change that is told of, if there is one.
select f.changed, f.place
from (
  (
    select r.changed, r.id as place
    from requests r
    where r.jurisdiction_id = $1 and r.service_request_id is not null and r.changed < {settled}
    order by r.changed desc, r.id desc
    limit 1
  )
  union all
  (
    select w.changed, w.number
    from withdrawals w
    where w.jurisdiction_id = $1 and w.changed < {settled}
    order by w.changed desc, w.number desc
    limit 1
  )
) f
order by f.changed desc, f.place desc
limit 1

-- name: given
-- Whether this database can have given a cursor: not one of a database that it was restored in the
-- place of. A standby may be behind the one that gave it.
select not changes_gaps() @> $1::bigint and (pg_is_in_recovery()
  or $1::bigint < changes_before() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint)

-- name: origin
-- Who numbered the transactions when this was last looked at, who does now, and how far they are.
select changes_origin() as known,
  (select c.system_identifier from pg_control_system() c) || '/'
    || (select c.timeline_id from pg_control_checkpoint() c) || '/'
    || (select d.oid from pg_database d where d.datname = current_database()) as origin,
  changes_before() as base,
  changes_before() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next,
  changes_gaps()::text as gaps

-- name: look_at
-- An owner that is no superuser sees one city at a time, too.
select set_config('open311.jurisdiction', $1, false)

-- name: lock
-- Whoever writes has a number by then, or gets one of the new ones.
lock table requests in share row exclusive mode;
lock table withdrawals in share row exclusive mode

-- name: renewed
-- From now on; what was planned with the old ones is planned anew.
create or replace function changes_before() returns bigint immutable parallel safe
  language sql as 'select {base}::bigint';
create or replace function changes_gaps() returns int8multirange immutable parallel safe
  language sql as $$ select '{gaps}'::int8multirange $$;
create or replace function changes_origin() returns text immutable parallel safe
  language sql as $$ select '{origin}' $$
