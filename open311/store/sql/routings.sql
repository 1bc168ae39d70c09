-- name: latest
-- The rules that count at an instant.
select r.version, r.content, r.hash
from routings r
where r.jurisdiction_id = $1 and r.published_from <= $2
order by r.published_from desc, r.version desc
limit 1

-- name: next
-- When others will.
select min(r.published_from) as begins
from routings r
where r.jurisdiction_id = $1 and r.published_from > $2
group by r.jurisdiction_id

-- name: insert
-- New rules, numbered after the last; who writes them holds the city's lock.
insert into routings (jurisdiction_id, version, content, hash, author, reason, created_at,
  published_from)
select $1, 1 + coalesce((
    select max(r.version) from routings r where r.jurisdiction_id = $1), 0), $2::json, $3, $4, $5,
  $6, $7
returning version

-- name: versions
-- All there ever were, newest first.
select r.version, r.hash, r.author, r.reason, r.created_at, r.published_from,
  r.content::text = 'null' as removed
from routings r
where r.jurisdiction_id = $1
order by r.version desc

-- name: version
-- What one of them says.
select r.version, r.content, r.hash
from routings r
where r.jurisdiction_id = $1 and r.version = $2
