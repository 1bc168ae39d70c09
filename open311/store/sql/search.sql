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

-- name: page
-- The rows whose keys were found, most of them in indexes alone.
select {columns}
from (
  {found}
) f
join requests r on r.id = f.id and r.jurisdiction_id = $1
order by {order}

-- name: filtered
-- What lists filter by, in a subquery: every index with an order of its own has these columns.
r.id, r.requested_datetime, r.updated_datetime, r.status, r.service_code, r.department, r.place,
    r.lat, r.long, r.has_media

-- name: first
-- Keys of a page among the first few thousand in some order: where a filter leaves one in some
-- hundreds, those fill a page.
select r.id
  from (
    select {filtered}
    from requests r
    where r.jurisdiction_id = $1 and r.service_request_id is not null{within}
    order by {within_order}
    limit {budget}
  ) r
  where true{conditions}
  order by {order}
  limit $2 offset $3

-- name: settled
-- Keys of a page of what was requested long ago, in the order of changes: nearly all was changed soon,
-- and nothing soon after the time that is asked for; what was changed late has an index of its own.
select r.id
  from (
    (
      select {filtered}
      from requests r
      where r.jurisdiction_id = $1 and r.service_request_id is not null
        and r.updated_datetime <= {until}
        and r.updated_datetime - r.requested_datetime <= interval '100 days'{conditions}
      order by {order}
      limit $2::bigint + $3::bigint
    )
    union all
    (
      select {filtered}
      from requests r
      where r.jurisdiction_id = $1 and r.service_request_id is not null
        and r.updated_datetime - r.requested_datetime > interval '100 days'{conditions}
      order by {order}
      limit $2::bigint + $3::bigint
    )
  ) r
  order by {order}
  limit $2 offset $3

-- name: by_key
-- The same by service codes, departments or places: one branch for each, merged, so that a rare one
-- costs its own rows and not a walk over everybody else's. Slices of time are read in their order,
-- each longer than the one before, until a page is full.
select r.id
  from (
    select f.id, f.requested_datetime, f.updated_datetime
    from unnest({begins}::timestamptz[], {ends}::timestamptz[]) as t (first, last)
    cross join lateral (
      select r.id, r.requested_datetime, r.updated_datetime
      from {keys}
      cross join lateral (
        select r.id, r.requested_datetime, r.updated_datetime
        from requests r
        where r.jurisdiction_id = $1 and r.{column} = k.key
          and r.service_request_id is not null
          and r.requested_datetime between t.first and t.last{conditions}
        order by {order}
        limit $2::bigint + $3::bigint
      ) r
      order by {order}
      limit $2::bigint + $3::bigint
    ) f
    limit $2::bigint + $3::bigint
  ) r
  order by {order}
  limit $2 offset $3

-- name: codes
-- The keys of kinds or departments.
unnest({codes}::text[]) as k (key)

-- name: places
-- The keys of the places that may be within.
(select p.place as key from places p where p.jurisdiction_id = $1{places}) k

-- name: by_words
-- Keys of a page by words, and by a part of the address: who is found by both is there twice.
select r.id
  from ({branches}
  ) r
  group by r.id, r.requested_datetime, r.updated_datetime
  order by {order}
  limit $2 offset $3

-- name: monthly
-- By an index in which there is a month before each word, and by no other.

    (
      select f.id, f.requested_datetime, f.updated_datetime
      from unnest({months}::text[]) as m (month)
      cross join lateral (
        {found}
      ) f{enough}
    )

-- name: enough
-- Where months are in the order of the list, those behind a full page are not looked at.

      limit $2::bigint + $3::bigint

-- name: at_once
-- The same of any month.

    (
      {found}
    )

-- name: with_words
-- Rows with words, put in order when all are found.
select r.id, r.requested_datetime, r.updated_datetime
        from (
          select {filtered}
          from requests r
          where r.jurisdiction_id = $1 and r.service_request_id is not null and ({words})
          offset 0
        ) r
        where true{conditions}
        order by {order}
        limit $2::bigint + $3::bigint

-- name: among
-- Of some requests those with the words, in the order in which they are given: what is inside has a
-- limit, so that nothing but a loop over the ids can answer it.
select {columns}
from unnest({ids}::bigint[]) as f (id)
cross join lateral (
  select {all}
  from requests r
  where r.jurisdiction_id = $1 and r.id = f.id and r.service_request_id is not null{conditions}
  limit 1
) r
limit $2 offset $3

-- name: whole
-- Every request of a question, in its order.
select {columns}
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null{conditions}
order by {order}

-- name: beyond
-- Whether there are more than it pays to look at.
select r.id
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null{within}
order by {order}
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
