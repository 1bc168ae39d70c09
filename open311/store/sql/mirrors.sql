-- name: find
-- Up to where another server has been read.
select m.url, m.tells_changes, m.loaded, m.seen, m.reread, m.etag
from mirrors m
where m.jurisdiction_id = $1 and m.source = $2

-- name: keep
-- The same, after more of it.
insert into mirrors as m (jurisdiction_id, source, url, tells_changes, loaded, seen, reread, etag)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (jurisdiction_id, source) do update
set url = excluded.url, tells_changes = excluded.tells_changes, loaded = excluded.loaded,
  seen = excluded.seen, reread = excluded.reread, etag = excluded.etag
