-- name: first
-- A request as it was decided on when it was filed, and what was looked at.
select r.id, r.service_code, r.definition_version, r.attributes, r.requested_datetime, r.address,
  r.address_id, r.lat, r.department, r.decision, c.channel
from requests r
left join clients c on c.client_id = r.client_id and c.jurisdiction_id = $1
where r.jurisdiction_id = $1 and r.service_request_id = $2

-- name: later
-- What staff decided about it since, in order.
select d.number, d.at, d.actor, d.department, d.queue, d.priority, d.reason
from reroutings d
join requests r on r.id = d.request_id and r.jurisdiction_id = $1
where d.jurisdiction_id = $1 and r.service_request_id = $2
order by d.number

-- name: lock
-- One decision about a request at a time.
select r.id
from requests r
where r.jurisdiction_id = $1 and r.service_request_id = $2
for update

-- name: reroute
-- Give a request to another department; the first decision stays where it is, and gets there
-- where it went without saying.
update requests r set department = $3, queue = $4, priority = $5,
  decision = coalesce(r.decision, $6::json), updated_datetime = greatest($7, r.updated_datetime)
where r.jurisdiction_id = $1 and r.service_request_id = $2

-- name: keep
-- Why it was given to them.
insert into reroutings (jurisdiction_id, request_id, number, department, queue, priority, reason,
  actor, client_id, at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
