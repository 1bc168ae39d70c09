-- name: find
-- One update of a request at a time: they are told apart by the order in which they came.
select r.id
from requests r
where r.jurisdiction_id = $1 and r.service_request_id = $2
for update

-- name: stands
-- What a request says itself, and what its updates do: the latest one, and the latest that says
-- anything of its status.
select r.status, r.detailed_status, r.status_notes, r.updated_datetime,
  n.updated_datetime as told_datetime, n.description as told, s.status as told_status
from requests r
left join lateral (
  select u.updated_datetime, u.description
  from request_updates u
  where u.jurisdiction_id = $1 and u.request_id = r.id
  order by u.updated_datetime desc, u.update_id desc
  limit 1
) n on true
left join lateral (
  select v.status
  from request_updates v
  where v.jurisdiction_id = $1 and v.request_id = r.id
    and v.detailed_status is distinct from 'unchanged'
  order by v.updated_datetime desc, v.update_id desc
  limit 1
) s on true
where r.jurisdiction_id = $1 and r.id = $2

-- name: add
-- An update; of those that a client calls alike there is but one, also where two come at once.
insert into request_updates (jurisdiction_id, request_id, status, detailed_status,
  updated_datetime, description, media_url, client_id, source_update_id, actor)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (jurisdiction_id, client_id, source_update_id) do nothing
returning update_id

-- name: named
-- What an update is called here that a client has a name for.
select u.update_id
from request_updates u
where u.jurisdiction_id = $1 and u.client_id = $2 and u.source_update_id = $3

-- name: settle
-- A request says what its latest update does, and has the status of the latest that says one. While
-- it stays closed its time does, too: that of a closed one is when it was closed (GR-Q-34).
update requests r
set status = coalesce(s.status, r.status),
  detailed_status = case when s.status is null then r.detailed_status else s.detailed_status end,
  status_notes = n.description,
  updated_datetime = case when r.status = 'closed' and coalesce(s.status, r.status) = 'closed'
    then r.updated_datetime else greatest(r.updated_datetime, n.updated_datetime) end
from (
  select u.updated_datetime, u.description
  from request_updates u
  where u.jurisdiction_id = $1 and u.request_id = $2
  order by u.updated_datetime desc, u.update_id desc
  limit 1
) n
left join (
  select v.status, v.detailed_status
  from request_updates v
  where v.jurisdiction_id = $1 and v.request_id = $2
    and v.detailed_status is distinct from 'unchanged'
  order by v.updated_datetime desc, v.update_id desc
  limit 1
) s on true
where r.jurisdiction_id = $1 and r.id = $2

-- name: listed
-- Updates of some time, oldest first, from one on; only of requests that the public can see.
select u.update_id, r.service_request_id, coalesce(u.detailed_status, u.status),
  u.updated_datetime, u.description, u.media_url
from request_updates u
join requests r on r.id = u.request_id and r.jurisdiction_id = $1
where u.jurisdiction_id = $1 and u.updated_datetime >= $2 and u.updated_datetime <= $3
  and (u.updated_datetime, u.update_id) > ($2, $4) and r.service_request_id is not null
order by u.updated_datetime, u.update_id
limit $5

-- name: listed_of
-- The same, of some requests, each by the index of its own updates.
select n.update_id, r.service_request_id, n.status, n.updated_datetime, n.description, n.media_url
from requests r
cross join lateral (
  select u.update_id, coalesce(u.detailed_status, u.status) as status, u.updated_datetime,
    u.description, u.media_url
  from request_updates u
  where u.jurisdiction_id = $1 and u.request_id = r.id
    and u.updated_datetime >= $2 and u.updated_datetime <= $3
    and (u.updated_datetime, u.update_id) > ($2, $4)
  order by u.updated_datetime, u.update_id
  limit $5
) n
where r.jurisdiction_id = $1 and r.service_request_id = any ($6::text[])
order by n.updated_datetime, n.update_id
limit $5

-- name: histories
-- What some requests say themselves, each with its updates by time.
select r.service_request_id, r.updated_datetime, r.status, r.detailed_status, r.status_notes,
  u.update_id, u.updated_datetime, u.status, u.detailed_status, u.description
from requests r
left join request_updates u on u.request_id = r.id and u.jurisdiction_id = $1
where r.jurisdiction_id = $1 and r.service_request_id = any ($2::text[])
order by u.updated_datetime, u.update_id
