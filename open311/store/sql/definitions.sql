-- name: in_force
-- Which version of every service answers at an instant, or did last. One that was retired before
-- it began never answered.
select s.service_code, d.version, d.hash, coalesce(d.retired_from <= $2, false) as retired
from services s
cross join lateral (
  select d.version, d.hash, d.retired_from
  from definitions d
  where d.jurisdiction_id = $1 and d.service_code = s.service_code and d.published_from <= $2
    and coalesce(d.retired_from >= d.published_from, true)
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
    and coalesce(d.retired_from >= d.published_from, true)
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

-- name: contents
-- What some versions say.
select d.service_code, d.content
from definitions d
where d.jurisdiction_id = $1 and (d.service_code, d.version) in (
  select n.service_code, n.version
  from unnest($2::text[], $3::integer[]) as n (service_code, version))

-- name: private
-- What was called private once: it is so for ever, also where nobody asks it any more.
select distinct d.service_code, a.code
from definitions d
cross join lateral json_to_recordset(d.content->'attributes') as a (code text, private boolean)
where d.jurisdiction_id = $1 and d.service_code = any ($2::text[]) and a.private

-- name: answering
-- What one service says at an instant, if it is on offer then.
select d.content
from (
  select d.content, d.retired_from
  from definitions d
  where d.jurisdiction_id = $1 and d.service_code = $2 and d.published_from <= $3
    and coalesce(d.retired_from >= d.published_from, true)
  order by d.published_from desc, d.version desc
  limit 1
) d
where coalesce(d.retired_from > $3, true)

-- name: instants
-- Now; when versions last began or ended, and when they next will. No row where there is none.
select now() as now,
  greatest(
    (select max(b.published_from) from definitions b
     where b.jurisdiction_id = $1 and b.published_from <= now()),
    (select max(e.retired_from) from definitions e
     where e.jurisdiction_id = $1 and e.retired_from <= now())) as past,
  least(
    (select min(c.published_from) from definitions c
     where c.jurisdiction_id = $1 and c.published_from > now()),
    (select min(f.retired_from) from definitions f
     where f.jurisdiction_id = $1 and f.retired_from > now())) as next
from definitions d
where d.jurisdiction_id = $1
limit 1

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
from json_to_recordset($2::json) as n (service_code text, content json, hash text)
returning service_code, version

-- name: retire
-- What answers at an instant answers no more from then on, and what was to begin later never does.
update definitions d set retired_from = $3
from unnest($2::text[]) as n (service_code)
where d.jurisdiction_id = $1 and d.service_code = n.service_code
  and coalesce(d.retired_from > $3, true)
  and d.published_from >= coalesce((
    select max(e.published_from) from definitions e
    where e.jurisdiction_id = $1 and e.service_code = n.service_code and e.published_from <= $3
      and coalesce(e.retired_from >= e.published_from, true)), $3)
returning d.service_code, d.version

-- name: lock
-- One change of a catalogue at a time; and the one clock of all hosts.
select j.jurisdiction_id, clock_timestamp() as now from jurisdictions j where j.jurisdiction_id = $1 for no key update

-- name: latest
-- When the catalogue was last changed by anybody: the next change is not before it.
select max(l.at) as at
from (
  (select a.at from audit a
   where a.jurisdiction_id = $1 and a.at <= clock_timestamp() order by a.entry desc limit 1)
  union all
  (select r.created_at from routings r
   where r.jurisdiction_id = $1 and r.created_at <= clock_timestamp()
   order by r.version desc limit 1)
) l (at)
having count(*) > 0

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
where d.jurisdiction_id = $1 and d.published_from <= now()
  and coalesce(d.retired_from >= d.published_from, true) and (d.service_code, d.version) in (
  select n.service_code, n.version
  from unnest($2::text[], $3::integer[]) as n (service_code, version))

-- name: draft
-- What is being written of a service.
select f.content, f.hash, f.author, f.updated_at
from drafts f
where f.jurisdiction_id = $1 and f.service_code = $2

-- name: save_draft
-- A draft, new or in the place of the one before it.
insert into drafts (jurisdiction_id, service_code, content, hash, author, updated_at)
select $1, $2, $3::json, $4, $5, $6
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
from json_to_recordset($2::json) as n (service_code text, version integer, content json)

-- name: trail
-- The audit trail, a page at a time, oldest first.
select a.entry, a.at, a.actor, a.client_id, a.action, a.service_code, a.version, a.effective,
  a.reason, a.content
from audit a
where a.jurisdiction_id = $1 and a.entry > $2
order by a.entry
limit $3
