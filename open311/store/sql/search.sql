-- name: columns
-- Everything that the public may see of a request or ask for, in a subquery; what is not needed
-- outside of it costs nothing.
r.id, r.version, r.service_request_id, r.status, r.status_notes, r.service_code,
  r.description, r.department, r.service_notice, r.requested_datetime, r.updated_datetime,
  r.expected_datetime, r.address, r.address_id, r.zipcode, r.lat, r.long, r.media_url,
  r.detailed_status, r.place

-- name: keys
-- Which rows, and each in which state: enough where all of them have been read before.
r.id, r.version

-- name: in_areas
-- A condition: in an area of each layer. The case keeps the planner from joining, which loses order.
case when r.place in (select a.place from places a where a.jurisdiction_id = $1{inside}) then true end

-- name: walk
-- A page of the list in its order, by the index of that order.
select {columns}
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null{conditions}
order by {order}
limit $2 offset $3

-- name: first_of_all
-- The same among the first few thousand in the order of the list: where a filter leaves one in some
-- hundreds, that fills a page, and needs no index of its own.
select {columns}
from (
  select {all}
  from requests r
  where r.jurisdiction_id = $1 and r.service_request_id is not null{within}
  order by {order}
  limit {budget}
) r
where true{conditions}
order by {order}
limit $2 offset $3

-- name: by_code
-- The same for a list of service codes or departments: one branch for each code, merged, so that a
-- rare code costs its own rows and not a walk over everybody else's.
select {columns}
from unnest({codes}::text[]) as c (code)
cross join lateral (
  select {all}
  from requests r
  where r.jurisdiction_id = $1 and r.{column} = c.code
    and r.service_request_id is not null{conditions}
  order by {order}
  limit $2::bigint + $3::bigint
) r
order by {order}
limit $2 offset $3

-- name: by_place
-- The same for areas, boxes and circles: one branch for each place that may be within.
select {columns}
from places p
cross join lateral (
  select {all}
  from requests r
  where r.jurisdiction_id = $1 and r.place = p.place
    and r.service_request_id is not null{conditions}
  order by {order}
  limit $2::bigint + $3::bigint
) r
where p.jurisdiction_id = $1{places}
order by {order}
limit $2 offset $3

-- name: by_update
-- The same where few were changed in some time, in another order than that of their changes.
select {columns}
from (
  select {all}
  from requests r
  where r.jurisdiction_id = $1 and r.service_request_id is not null{updated}
  order by r.updated_datetime, r.id
  limit {budget}
) r
where true{conditions}
order by {order}
limit $2 offset $3

-- name: by_words
-- The same for words, in some months: what has them is found first, and put in order then.
with found as materialized (
  select s.id, s.version, s.requested_datetime, s.updated_datetime, s.status, s.service_code,
    s.department, s.media_url, s.lat, s.long, s.place
  from unnest({months}::text[]) as m (month)
  cross join lateral (
    select s.id, s.version, s.requested_datetime, s.updated_datetime, s.status, s.service_code,
      s.department, s.media_url, s.lat, s.long, s.place
    from requests s
    where s.jurisdiction_id = $1 and s.service_request_id is not null and ({words})
  ) s
)
select {columns}
from (
  select r.id
  from found r
  where true{conditions}
  order by {order}
  limit $2 offset $3
) p
join requests r on r.id = p.id and r.jurisdiction_id = $1
order by {order}

-- name: whole
-- Every request of a question, in its order.
select {columns}
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null{conditions}
order by {order}

-- name: many_changed
-- Whether more were changed in some time than it pays to look at.
select r.id
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null{updated}
order by r.updated_datetime, r.id
limit 1 offset {budget}

-- name: of_kinds
-- How many requests there are of some kinds, but for those of the last second.
select sum(t.number)::bigint
from tallies t
where t.jurisdiction_id = $1 and t.service_code = any ($2::text[]) and t.unit = $3
having count(*) > 0

-- name: many_places
-- Whether more places may be within than it pays to look through one by one.
select p.place
from places p
where p.jurisdiction_id = $1{places}
limit 1 offset {few}

-- name: months
-- The months in which there are requests, as the function `month` counts: however far from all
-- others one of them is, those in between are not looked at.
select distinct (12 * extract(year from m.at at time zone 'UTC')
  + extract(month from m.at at time zone 'UTC'))::integer
from (
  select t.period as at
  from tallies t
  where t.jurisdiction_id = $1 and t.service_code = '' and t.unit = 'month'
  union all
  select c.hour
  from tally_changes c
  where c.jurisdiction_id = $1
) m
order by 1
