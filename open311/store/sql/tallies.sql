-- name: total
-- How many requests there are of some services and states, in whole days, months and years, less
-- those of the first and last day that the question leaves out; what was not added up yet is a line
-- for each writing of late.
select sum(n.requests)::bigint
from (
  select t.requests
  from unnest($2::text[], $3::date[], $4::date[]) as w (unit, first, last)
  join tallies t on t.unit = w.unit and t.period between w.first and w.last
  where t.jurisdiction_id = $1 and t.service_code = any ($5::text[])
    and t.status = any ($6::text[])
  union all
  select c.requests
  from tally_changes c
  where c.jurisdiction_id = $1 and c.day between $7 and $8 and c.status = any ($6::text[])
    and array['', c.service_code] && $5::text[]
  union all
  select -count(*)
  from requests r
  where r.jurisdiction_id = $1 and r.service_request_id is not null
    and r.requested_datetime >= $9 and r.requested_datetime < $10
    and r.status = any ($6::text[])
    and array['', r.service_code] && $5::text[]
  having count(*) > 0
  union all
  select -count(*)
  from requests s
  where s.jurisdiction_id = $1 and s.service_request_id is not null
    and s.requested_datetime > $11 and s.requested_datetime < $12
    and s.status = any ($6::text[])
    and array['', s.service_code] && $5::text[]
  having count(*) > 0
) n
having count(*) > 0

-- name: periods
-- The same for each day, month and year of some, to find in which of them the n-th request is.
select n.unit, n.period, sum(n.requests)::bigint
from (
  select t.unit, t.period, t.requests
  from unnest($2::text[], $3::date[], $4::date[]) as w (unit, first, last)
  join tallies t on t.unit = w.unit and t.period between w.first and w.last
  where t.jurisdiction_id = $1 and t.service_code = any ($5::text[])
    and t.status = any ($6::text[])
  union all
  select w.unit, date_trunc(w.unit, c.day::timestamp)::date, c.requests
  from unnest($2::text[], $3::date[], $4::date[]) as w (unit, first, last)
  join tally_changes c on c.day between w.first and w.last
  where c.jurisdiction_id = $1 and c.status = any ($6::text[])
    and array['', c.service_code] && $5::text[]
) n
group by n.unit, n.period
order by n.period

-- name: take
-- What was written of late, to be added up; nobody else takes it meanwhile.
delete from tally_changes c
where c.jurisdiction_id = $1
returning c.service_code, c.day, c.status, c.requests

-- name: add_up
-- Add it to what there is, by day, month and year, and of all services together.
insert into tallies as t (jurisdiction_id, service_code, unit, period, status, requests)
select $1, s.service_code, u.unit, date_trunc(u.unit, c.day::timestamp)::date, c.status,
  sum(c.requests)
from json_to_recordset($2::json) as c (service_code text, day date, status text, requests bigint)
cross join lateral (values (c.service_code), ('')) as s (service_code)
cross join (values ('day'), ('month'), ('year')) as u (unit)
group by 2, 3, 4, 5
order by 2, 3, 4, 5
on conflict (jurisdiction_id, service_code, unit, period, status) do update
set requests = t.requests + excluded.requests
