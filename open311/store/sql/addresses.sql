-- name: exist
-- Whether a city has a register: one without pays for no look-up.
select s.street from streets s where s.jurisdiction_id = $1 limit 1

-- name: clear
-- A register is replaced as a whole.
delete from addresses a where a.jurisdiction_id = $1

-- name: clear_streets
-- The same of its streets.
delete from streets s where s.jurisdiction_id = $1

-- name: insert
-- Some addresses of a new register; what is not returned has the id of another.
insert into addresses (jurisdiction_id, address_id, line, unit, city, region, postcode, low, high,
  suffix, street, long, lat)
select $1, n.address_id, n.line, n.unit, n.city, n.region, n.postcode, n.low, n.high, n.suffix,
  n.street, n.long, n.lat
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
  $9::int[], $10::text[], $11::text[], $12::float8[], $13::float8[])
  as n (address_id, line, unit, city, region, postcode, low, high, suffix, street, long, lat)
on conflict (jurisdiction_id, address_id) do nothing
returning address_id

-- name: insert_streets
-- Their streets.
insert into streets (jurisdiction_id, street)
select $1, n.street
from unnest($2::text[]) as n (street)
on conflict (jurisdiction_id, street) do nothing

-- name: count
-- After a new register PostgreSQL must know how many there are, or it would read them all.
analyze addresses

-- name: count_streets
-- The same of the streets.
analyze streets

-- name: sort_trigrams
-- What an index holds unsorted as yet is dear to ask: PostgreSQL would read all streets instead.
select gin_clean_pending_list('streets_by_trigrams')

-- name: of_ids
-- Addresses by their ids.
select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
  a.street, a.long, a.lat
from addresses a
where a.jurisdiction_id = $1 and a.address_id = any ($2::text[])

-- name: fit
-- Addresses that fit readings of a text: the very street, and a number that is among theirs.
select r.place, a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
  a.street, a.long, a.lat
from unnest($2::int[], $3::text[]) with ordinality as r (number, street, place)
cross join lateral (
  select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
    a.street, a.long, a.lat
  from addresses a
  where a.jurisdiction_id = $1 and a.street = r.street and a.low <= r.number and a.high >= r.number
  order by a.low, a.suffix, a.unit, a.address_id
  limit 1000
) a

-- name: alike
-- Streets that some texts may mean, misspelt, with how much they are alike. By trigrams, which an
-- index knows; how each may begin (commas between) is looked at afterwards.
select q.place, s.street, s.likeness
from unnest($2::text[], $3::text[]) with ordinality as q (street, begin, place)
cross join lateral (
  select s.street, similarity(s.street, q.street) as likeness
  from streets s
  where s.jurisdiction_id = $1 and s.street % q.street
    and s.street ^@ any (string_to_array(q.begin, ','))
  order by likeness desc, s.street
  limit 20
) s

-- name: there
-- Which of some streets there are.
select s.street from streets s where s.jurisdiction_id = $1 and s.street = any ($2::text[])

-- name: begun
-- Streets that begin as it was typed.
select s.street, min(f.place) as place
from unnest($2::text[], $3::text[]) with ordinality as f (low, high, place)
cross join lateral (
  select s.street
  from streets s
  where s.jurisdiction_id = $1 and s.street >= f.low and s.street <= f.high
  order by s.street
  limit $4
) s
group by s.street
order by place, s.street
limit $4

-- name: holding
-- Streets that hold what was typed somewhere, as well as they can.
select s.street
from streets s
where s.jurisdiction_id = $1 and $2 <% s.street
order by word_similarity($2, s.street) desc, s.street
limit $3

-- name: along
-- The first addresses of some streets, in their order, with a number or with any.
select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
  a.street, a.long, a.lat
from unnest($2::text[]) with ordinality as s (street, place)
cross join lateral (
  select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
    a.street, a.long, a.lat
  from addresses a
  where a.jurisdiction_id = $1 and a.street = s.street and $3 >= a.low and $4 <= a.high
  order by a.low, a.suffix, a.unit, a.address_id
  limit $5
) a
order by s.place, a.low, a.suffix, a.unit, a.address_id
limit $5

-- name: numbered
-- Addresses of a number, whatever their street.
select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
  a.street, a.long, a.lat
from addresses a
where a.jurisdiction_id = $1 and a.low = $2
order by a.street, a.suffix, a.unit, a.address_id
limit $3

-- name: near
-- Addresses in boxes of degrees around a point, the nearest first, as well as degrees can say it:
-- $8 is what a degree of longitude is to one of latitude.
select a.address_id, a.line, a.unit, a.city, a.region, a.postcode, a.low, a.high, a.suffix,
  a.street, a.long, a.lat
from unnest($2::float8[], $3::float8[], $4::float8[], $5::float8[])
  as b (west, south, east, north)
join addresses a
  on point(a.long, a.lat) <@ box(point(b.west, b.south), point(b.east, b.north))
where a.jurisdiction_id = $1
order by least(abs(a.long - $6::float8), 360 - abs(a.long - $6::float8)) ^ 2 * $8::float8 ^ 2
  + (a.lat - $7::float8) ^ 2, a.unit, a.address_id
limit 20
