-- name: clients
-- The keys that count right now; the workers keep them in memory.
select c.key_hash, c.client_id, c.jurisdiction_id, c.name, c.rate_limit, c.scopes,
  c.channel
from clients c
where c.jurisdiction_id = $1 and c.revoked_at is null

-- name: insert_client
-- A new key: only its hash is stored.
insert into clients (jurisdiction_id, name, contact, prefix, key_hash, rate_limit, created_at,
  scopes, channel)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning client_id

-- name: list_clients
-- Every key of a city with what may be shown of it.
select c.client_id, c.prefix, c.name, c.contact, c.rate_limit, c.scopes, c.created_at,
  c.revoked_at
from clients c
where c.jurisdiction_id = $1
order by c.client_id

-- name: revoke_client
-- A key that counts no more; it stays on record.
update clients c set revoked_at = $3
where c.jurisdiction_id = $1 and c.client_id = $2 and c.revoked_at is null
returning c.client_id

-- name: count_hit
-- One more call of a key in the running minute, over all workers and hosts: an unlogged row. One
-- statement is a whole transaction, so it takes its jurisdiction by itself, as `insert` of
-- requests does.
with city as (
  select case when nullif(current_setting('open311.jurisdiction', true), '') is null
    then set_config('open311.jurisdiction', $1, true) end
)
insert into rate_hits as r (jurisdiction_id, client_id, minute, hits)
select $1, $2, date_trunc('minute', now()), 1
from city
on conflict (jurisdiction_id, client_id) do update
set hits = case when r.minute < excluded.minute then 1 else r.hits + 1 end,
  minute = greatest(r.minute, excluded.minute)  -- who waited for the row may come late
returning hits, ceil(extract(epoch from minute + interval '1 minute' - now()))::integer as wait
