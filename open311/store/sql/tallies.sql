-- name: whole
-- How many requests there are of some services and states in whole hours, days, months and years;
-- what was not added up yet is a line for each writing of late.
select t.requests
  from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as w (unit, first, last)
  cross join unnest($5::text[]) as k (code)
  cross join lateral (
    select sum(s.number) as requests
    from tallies s
    where s.jurisdiction_id = $1 and s.service_code = k.code and s.unit = w.unit
      and s.period >= w.first and s.period < w.last and s.status = any ($6::text[])
    having count(*) > 0
  ) t
  union all
  select c.number as requests
  from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as w (unit, first, last)
  join tally_changes c on c.hour >= w.first and c.hour < w.last
  where c.jurisdiction_id = $1 and c.status = any ($6::text[])
    and array['', c.service_code] && $5::text[]

-- name: total
-- The same, added up; and at the ends, where a question begins or ends within an hour or day, the
-- few that are there are counted.
select sum(n.requests)::bigint
from (
  {whole}
  union all
  select e.requests
  from unnest($7::timestamptz[], $8::timestamptz[]) as w (first, last)
  cross join lateral ({edge}
  ) e
) n
having count(*) > 0

-- name: moments
-- The same, but at the ends by the moments of the whole hours there: enough for every question
-- that begins and ends within these.
select null::timestamptz as moment, sum(n.requests)::bigint as requests
from (
  {whole}
) n
having count(*) > 0
union all
select e.requested_datetime, e.requests
from unnest($7::timestamptz[], $8::timestamptz[]) as w (first, last)
cross join lateral (
  select r.requested_datetime, count(*) as requests
  from requests r
  where r.jurisdiction_id = $1 and r.service_request_id is not null
    and r.requested_datetime >= w.first and r.requested_datetime < w.last
    and r.status = any ($6::text[])
  group by r.requested_datetime
) e
order by moment nulls first

-- name: edge
-- A part of an hour, of all services.
select count(*) as requests
    from requests r
    where r.jurisdiction_id = $1 and r.service_request_id is not null
      and r.requested_datetime >= w.first and r.requested_datetime < w.last
      and r.status = any ({states}::text[])
    having count(*) > 0

-- name: edge_by_code
-- A part of a day, of some.
select sum(k.requests) as requests
    from unnest($5::text[]) as o (code)
    cross join lateral (
      select count(*) as requests
      from requests r
      where r.jurisdiction_id = $1 and r.service_request_id is not null
        and r.service_code = o.code
        and r.requested_datetime >= w.first and r.requested_datetime < w.last
        and r.status = any ({states}::text[])
    ) k
    having sum(k.requests) > 0

-- name: periods
-- The same for each hour, day, month and year of some, to find in which the n-th request is.
select n.unit, n.period, sum(n.requests)::bigint
from (
  select w.unit, t.period, t.requests
  from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as w (unit, first, last)
  cross join lateral (
    select s.period, sum(s.number) as requests
    from tallies s
    where s.jurisdiction_id = $1 and s.service_code = any ($5::text[]) and s.unit = w.unit
      and s.period >= w.first and s.period < w.last and s.status = any ($6::text[])
    group by s.period
  ) t
  union all
  select w.unit, date_trunc(w.unit, c.hour, 'UTC'), c.number
  from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) as w (unit, first, last)
  join tally_changes c on c.hour >= w.first and c.hour < w.last
  where c.jurisdiction_id = $1 and c.status = any ($6::text[])
    and array['', c.service_code] && $5::text[]
) n
group by n.unit, n.period
order by n.period

-- name: take
-- What was written of late, to be added up; nobody else takes it meanwhile.
delete from tally_changes c
where c.jurisdiction_id = $1
returning c.service_code, c.hour, c.status, c.number

-- name: add_up
-- Add it to what there is, by day, month and year, and of all services together by hour, too.
insert into tallies as t (jurisdiction_id, service_code, unit, period, status, number)
select $1, s.service_code, u.unit, date_trunc(u.unit, c.hour, 'UTC'), c.status,
  sum(c.number)
from json_to_recordset($2::json) as c (service_code text, hour timestamptz, status text,
  number bigint)
cross join lateral (values (c.service_code), ('')) as s (service_code)
cross join (values ('hour'), ('day'), ('month'), ('year')) as u (unit)
where array[s.service_code, u.unit] && array['', 'day', 'month', 'year']
group by 2, 3, 4, 5
order by 2, 3, 4, 5
on conflict (jurisdiction_id, service_code, unit, period, status) do update
set number = t.number + excluded.number
