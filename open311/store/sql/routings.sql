-- name: latest
-- The rules that count.
select r.version, r.content, r.hash
from routings r
where r.jurisdiction_id = $1
order by r.version desc
limit 1

-- name: insert
-- New rules, numbered after the last; who writes them holds the city's lock.
insert into routings (jurisdiction_id, version, content, hash, author, reason, created_at)
select $1, 1 + coalesce((
    select max(r.version) from routings r where r.jurisdiction_id = $1), 0), $2::json, $3, $4, $5, $6
returning version

-- name: versions
-- All there ever were, newest first.
select r.version, r.hash, r.author, r.reason, r.created_at, r.content::text = 'null' as gone
from routings r
where r.jurisdiction_id = $1
order by r.version desc

-- name: version
-- What one of them says.
select r.version, r.content, r.hash
from routings r
where r.jurisdiction_id = $1 and r.version = $2
