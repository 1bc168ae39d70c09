-- name: every
-- Every area, to write a folder, or to be asked where a point lies.
select a.layer, a.code, a.name, a.geometry, a.valid_from, a.valid_to
from areas a
where a.jurisdiction_id = $1
order by a.layer, a.code, a.valid_from

-- name: state
-- Which state the areas are in: a change raises the version, and what is gone lowers the count.
-- With the days on which some begin or end.
select count(*) as areas, max(a.version) as version,
  array_agg(distinct d.day) filter (where isfinite(d.day)) as days
from areas a
cross join lateral (values (a.valid_from), (a.valid_to)) d (day)
where a.jurisdiction_id = $1
group by a.jurisdiction_id

-- name: codes
-- What rules and services may name from a day on.
select distinct a.layer, a.code from areas a
where a.jurisdiction_id = $1 and a.valid_to > $2

-- name: layers
-- Which layers there are.
select distinct a.layer from areas a where a.jurisdiction_id = $1 order by a.layer

-- name: load
-- Areas that are new or have changed.
insert into areas as a (jurisdiction_id, layer, code, valid_from, valid_to, name, geometry)
select $1, n.layer, n.code, n.valid_from, n.valid_to, n.name, n.geometry
from unnest($2::text[], $3::text[], $4::date[], $5::date[], $6::text[], $7::text[])
  as n (layer, code, valid_from, valid_to, name, geometry)
on conflict (jurisdiction_id, layer, code, valid_from) do update
set valid_to = excluded.valid_to, name = excluded.name, geometry = excluded.geometry
where (a.valid_to, a.name, a.geometry) is distinct from
  (excluded.valid_to, excluded.name, excluded.geometry)
returning xmax = 0 as added

-- name: remove
-- Areas that some layers have no longer.
delete from areas a
where a.jurisdiction_id = $1 and a.layer = any ($5::text[])
  and not exists (
    select from unnest($2::text[], $3::text[], $4::date[]) as n (layer, code, valid_from)
    where n.layer = a.layer and n.code = a.code and n.valid_from = a.valid_from
  )
returning a.code
