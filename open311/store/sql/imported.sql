-- name: known
-- What another system said last of some requests; null where that was not kept.
select r.source_id, r.source_hash
from requests r
where r.jurisdiction_id = $1 and r.source = $2 and r.source_id = any ($3::text[])

-- name: taken
-- Which ids are those of a request already, or were, or will be: what was withdrawn does not come
-- back, and what waits for its id gets the number of its row.
select r.service_request_id
from requests r
where r.jurisdiction_id = $1 and r.service_request_id = any ($2::text[])
union
select w.service_request_id
from withdrawals w
where w.jurisdiction_id = $1 and w.service_request_id = any ($2::text[])
union
select b.id::text
from requests b
where b.jurisdiction_id = $1 and b.service_request_id is null and b.token is not null
  and b.id::text = any ($2::text[])

-- name: skip
-- Numbers that are given away from now on are larger than one that was brought along; it is set
-- somewhat higher, for others may draw numbers at this moment.
select setval('request_numbers', $1::bigint + 1000)
from request_numbers n
where n.last_value <= $1::bigint

-- name: numbers
-- So many numbers, in order.
select nextval('request_numbers') from generate_series(1, $1::integer)

-- name: insert
-- Many requests at once. What another import, or a report, has put there meanwhile stays.
insert into requests (jurisdiction_id, id, service_request_id, source, source_id, source_hash,
  status, detailed_status, status_notes, service_code, description, department, queue, priority,
  service_notice, requested_datetime, updated_datetime, expected_datetime, address, address_id,
  zipcode, lat, long, media_url, attributes, definition_version, decision, place)
select $1, p.number, coalesce(p.kept_id, p.number::text), $3, p.source_id, p.source_hash, p.status,
  p.detailed_status, p.status_notes, p.service_code, p.description, p.department, p.queue,
  p.priority, p.service_notice, p.requested_datetime, p.updated_datetime, p.expected_datetime,
  p.address, p.address_id, p.zipcode, p.lat, p.long, p.media_url, p.attributes,
  p.definition_version, p.decision, p.place
from json_to_recordset($2::json) as p (number bigint, kept_id text, source_id text, source_hash bigint,
  status text, detailed_status text, status_notes text, service_code text, description text,
  department text, queue text, priority text, service_notice text,
  requested_datetime timestamptz, updated_datetime timestamptz, expected_datetime timestamptz,
  address text, address_id text, zipcode text, lat double precision, long double precision,
  media_url text, attributes jsonb, definition_version integer, decision json, place bigint)
on conflict do nothing

-- name: change
-- Requests of which the other system says something else now. Who acts stays as it was decided
-- here, by rules or by staff, and so does the id.
update requests r set source_hash = n.source_hash, status = n.status,
  detailed_status = n.detailed_status, status_notes = n.status_notes,
  service_code = n.service_code, description = n.description,
  department = case when r.decision is null then n.department else r.department end,
  queue = case when r.decision is null then n.queue else r.queue end,
  service_notice = n.service_notice, requested_datetime = n.requested_datetime,
  updated_datetime = n.updated_datetime, expected_datetime = n.expected_datetime,
  address = n.address, address_id = n.address_id, zipcode = n.zipcode, lat = n.lat,
  long = n.long, media_url = n.media_url, attributes = n.attributes,
  definition_version = n.definition_version,
  place = n.place
from json_to_recordset($2::json) as n (source_id text, source_hash bigint, status text,
  detailed_status text, status_notes text, service_code text, description text, department text,
  queue text, service_notice text, requested_datetime timestamptz, updated_datetime timestamptz,
  expected_datetime timestamptz, address text, address_id text, zipcode text,
  lat double precision, long double precision, media_url text, attributes jsonb,
  definition_version integer, place bigint)
where r.jurisdiction_id = $1 and r.source = $3 and r.source_id = n.source_id

-- name: open
-- Some that are open as far as is known, to ask for them again: those after one, in order.
select r.source_id
from requests r
where r.jurisdiction_id = $1 and r.source = $2 and r.source_id > $3 and r.status = 'open'
order by r.source_id
limit $4
