-- name: editions
-- Every version that has begun: a request is pinned to the one that answered at its time.
select d.content, d.version, d.published_from
from definitions d
where d.jurisdiction_id = $1 and d.published_from <= now()
  and coalesce(d.retired_from >= d.published_from, true)
order by d.published_from, d.version

-- name: insert_requests
-- Many requests at once, numbered in their order; the ids are drawn in a subquery, row by row.
insert into requests (jurisdiction_id, id, service_request_id, status, status_notes, service_code,
  description, department, service_notice, requested_datetime, updated_datetime,
  expected_datetime, address, zipcode, lat, long, attributes, definition_version, queue, priority,
  decision, place)
select $1, p.id, p.id::text, p.status, p.status_notes, p.service_code, p.description, p.department,
  p.service_notice, p.requested_datetime, p.updated_datetime, p.expected_datetime, p.address,
  p.zipcode, p.lat, p.long, p.attributes, p.definition_version, p.queue, p.priority, p.decision,
  (
    select min(s.place)
    from places s
    where s.jurisdiction_id = $1 and s.x = (p.spot->>0)::integer and s.y = (p.spot->>1)::integer
      and s.inside = array(select json_array_elements_text(p.spot->2))
  )
from (
  select nextval('request_numbers') as id, n.*
  from json_to_recordset($2::json) as n (status text, status_notes text, service_code text,
    description text, department text, service_notice text, requested_datetime timestamptz,
    updated_datetime timestamptz, expected_datetime timestamptz, address text, zipcode text,
    lat double precision, long double precision, attributes jsonb, definition_version integer, queue text,
    priority text, decision json, spot json)
) p

-- name: analyze
-- So many new rows change what the planner should do; it is told now, not within a minute. With
-- columns named, words are not made of each row once more.
analyze requests (jurisdiction_id, id, service_request_id, token, status, service_code, department,
  requested_datetime, updated_datetime, place, lat, long, has_media, changed, source, source_id)
