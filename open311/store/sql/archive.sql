-- name: mark
-- Every change before it is committed or never will be. Source: the docstring of migration 0012.
select changes_before() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint

-- name: months
-- The months that there are, so that those can be told in which something came, went or changed.
select to_char(r.requested_datetime at time zone 'UTC', 'YYYY-MM'), count(*), max(r.changed)
from requests r
where r.jurisdiction_id = $1 and r.service_request_id is not null
group by 1
order by 1
