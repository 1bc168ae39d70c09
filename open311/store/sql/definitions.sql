-- name: in_force
-- The version of every service that answers now, or did last, with what a worker keeps of it.
select d.service_code, d.version, d.content,
  coalesce(d.retired_from <= now(), false) as retired
from services s
cross join lateral (
  select d.service_code, d.version, d.content, d.retired_from
  from definitions d
  where d.jurisdiction_id = $1 and d.service_code = s.service_code and d.published_from <= now()
  order by d.published_from desc, d.version desc
  limit 1
) d
where s.jurisdiction_id = $1

-- name: overview
-- Every service: the version that answers now, or did last, the newest one, and what is written.
select c.service_code,
  coalesce(d.content, n.content, f.content)->>'service_name' as service_name,
  coalesce(d.content, n.content, f.content)->>'group' as "group",
  d.version, d.published_from, d.retired_from,
  coalesce(d.retired_from > now(), d.version is not null) as offered,
  n.version as newest, f.hash, f.author, f.updated_at
from (
  select s.service_code from services s where s.jurisdiction_id = $1
  union
  select g.service_code from drafts g where g.jurisdiction_id = $1
) c
left join lateral (
  select d.version, d.content, d.published_from, d.retired_from
  from definitions d
  where d.jurisdiction_id = $1 and d.service_code = c.service_code and d.published_from <= now()
  order by d.published_from desc, d.version desc
  limit 1
) d on true
left join lateral (
  select n.version, n.content
  from definitions n
  where n.jurisdiction_id = $1 and n.service_code = c.service_code
  order by n.version desc
  limit 1
) n on true
left join lateral (
  select f.content, f.hash, f.author, f.updated_at
  from drafts f
  where f.jurisdiction_id = $1 and f.service_code = c.service_code
) f on true
order by c.service_code

-- name: instants
-- When the catalogue last changed by itself, and in how many seconds it will: versions begin, end.
select max(t.at) filter (where t.at <= now()) as past,
  extract(epoch from min(t.at) filter (where t.at > now()) - now())::double precision as seconds
from (
  select d.published_from as at from definitions d where d.jurisdiction_id = $1
  union all
  select d.retired_from from definitions d where d.jurisdiction_id = $1 and d.retired_from is not null
) t

-- name: insert_services
-- Codes that are new; the versions follow.
insert into services (jurisdiction_id, service_code)
select $1, n.service_code
from unnest($2::text[]) as n (service_code)
on conflict (jurisdiction_id, service_code) do nothing

-- name: insert
-- New versions, each numbered after the last of its service; who publishes holds the city's lock.
insert into definitions (jurisdiction_id, service_code, version, content, hash, author, reason,
  created_at, published_from)
select $1, n.service_code,
  1 + coalesce((
    select max(d.version) from definitions d
    where d.jurisdiction_id = $1 and d.service_code = n.service_code), 0),
  n.content, n.hash, $3, $4, $5, $6
from jsonb_to_recordset($2::jsonb) as n (service_code text, content jsonb, hash text)
returning service_code, version

-- name: retire
-- The versions that answer now answer no more from an instant on.
update definitions d set retired_from = $3
where d.jurisdiction_id = $1 and (d.service_code, d.version) in (
  select n.service_code, n.version
  from unnest($2::text[], $4::integer[]) as n (service_code, version))
returning d.service_code, d.version

-- name: lock
-- One change of a catalogue at a time.
select j.jurisdiction_id from jurisdictions j where j.jurisdiction_id = $1 for update

-- name: versions
-- Every version of a service, newest first, without its content.
select d.version, d.hash, d.author, d.reason, d.created_at, d.published_from, d.retired_from
from definitions d
where d.jurisdiction_id = $1 and d.service_code = $2
order by d.version desc

-- name: version
-- One version of a service.
select d.content
from definitions d
where d.jurisdiction_id = $1 and d.service_code = $2 and d.version = $3

-- name: begun
-- What some versions say; only those that answer, or did.
select d.service_code, d.version, d.content
from definitions d
where d.jurisdiction_id = $1 and d.published_from <= now() and (d.service_code, d.version) in (
  select n.service_code, n.version
  from unnest($2::text[], $3::integer[]) as n (service_code, version))

-- name: draft
-- What is being written of a service.
select f.content, f.hash, f.author, f.updated_at
from drafts f
where f.jurisdiction_id = $1 and f.service_code = $2

-- name: drafts
-- Which services are being written at.
select f.service_code, f.hash, f.author, f.updated_at
from drafts f
where f.jurisdiction_id = $1
order by f.service_code

-- name: save_draft
-- A draft, new or in the place of the one before it.
insert into drafts (jurisdiction_id, service_code, content, hash, author, updated_at)
select $1, $2, $3::jsonb, $4, $5, $6
on conflict (jurisdiction_id, service_code) do update
set content = excluded.content, hash = excluded.hash, author = excluded.author,
  updated_at = excluded.updated_at

-- name: discard_draft
-- A draft that was published, or is not wanted.
delete from drafts f
where f.jurisdiction_id = $1 and f.service_code = $2

-- name: note
-- What was done, by whom: lines of the audit trail.
insert into audit (jurisdiction_id, at, actor, client_id, action, service_code, version, effective,
  reason, content)
select $1, $3, $4, $5, $6, n.service_code, n.version, $7, $8, n.content
from jsonb_to_recordset($2::jsonb) as n (service_code text, version integer, content jsonb)

-- name: trail
-- The audit trail, a page at a time, oldest first.
select a.entry, a.at, a.actor, a.client_id, a.action, a.service_code, a.version, a.effective,
  a.reason, a.content
from audit a
where a.jurisdiction_id = $1 and a.entry > $2
order by a.entry
limit $3
