-- name: newest
-- Whether anything of a city has changed since the last look: the newest change that can be seen,
-- and the oldest transaction that still ran, below which everything has been seen.
select max(c.changed), changes_before() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
from (
  (
    select r.changed
    from requests r
    where r.jurisdiction_id = $1 and r.service_request_id is not null  -- as its index has it
    order by r.changed desc
    limit 1
  )
  union all
  (select w.changed from withdrawals w where w.jurisdiction_id = $1 order by w.changed desc limit 1)
) c
having count(*) > 0
