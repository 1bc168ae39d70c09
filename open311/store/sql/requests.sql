-- name: columns
-- What the public may see of a request, in the order in which it is unpacked; before it the row.
r.id, r.version, r.service_request_id, r.status, r.status_notes, r.service_code,
  r.description, r.department, r.service_notice, r.requested_datetime, r.updated_datetime,
  r.expected_datetime, r.address, r.address_id, r.zipcode, r.lat, r.long, r.media_url

-- name: find
-- One request by its id, whatever its age.
select {columns}
from requests r
where r.jurisdiction_id = $1 and r.service_request_id = $2

-- name: answers
-- The answers of some requests, which the public role cannot see, and what they were checked by.
select r.service_request_id, r.definition_version, r.attributes
from requests r
where r.jurisdiction_id = $1 and r.service_request_id = any ($2::text[])

-- name: redeem
-- What became of a token; the id is null until it is given.
select r.service_request_id, r.token
from requests r
where r.jurisdiction_id = $1 and r.token = $2

-- name: insert
-- A new request, with its reporter beside it and its further pictures. One statement is a whole
-- transaction, and costs half of what begin, insert, commit would; so it takes its jurisdiction by
-- itself, unless a transaction around it has taken one: row level security then holds it to that.
with city as (
  select case when nullif(current_setting('open311.jurisdiction', true), '') is null
    then set_config('open311.jurisdiction', $1, true) end
), request as (
  insert into requests (jurisdiction_id, id, service_request_id, token, status, service_code,
    description, department, service_notice, requested_datetime, updated_datetime,
    expected_datetime, address, address_id, lat, long, media_url, client_id, attributes,
    definition_version, queue, priority, decision, zipcode, place)
  select $1, n.id, case when $2 then n.id::text end, $3, 'open', $4, $5, $6, $7, $8, $8, $9, $10,
    $11, $12, $13, $14, $15, $16::jsonb, $24, $25, $26, $27::json, $28, $29
  from city, nextval('request_numbers') as n (id)
  returning id, service_request_id
), reporter as (
  insert into reporters (jurisdiction_id, request_id, email, first_name, last_name, phone,
    device_id, account_id)
  select $1, request.id, $17, $18, $19, $20, $21, $22
  from request
  where num_nonnulls($17::text, $18::text, $19::text, $20::text, $21::text, $22::text) > 0
), picture as (
  insert into media (jurisdiction_id, request_id, position, url)
  select $1, request.id, p.position, p.url
  from request, unnest($23::text[]) with ordinality as p (url, position)
)
select request.service_request_id from request

-- name: number
-- The background step of batch services: give waiting requests their ids.
update requests r set service_request_id = r.id::text
where r.jurisdiction_id = $1 and r.id in (
  select w.id
  from requests w
  where w.jurisdiction_id = $1 and w.service_request_id is null and w.token is not null
  order by w.id
  limit 500
  for update skip locked
)
returning r.id

-- name: exist
-- Whether a city has a past, so that the demo is given one only once.
select r.id from requests r where r.jurisdiction_id = $1 limit 1
