-- name: withdraw
-- A request that is public no more. What else that takes, the trigger does.
update requests r set service_request_id = null, token = null
where r.jurisdiction_id = $1 and r.service_request_id = $2
returning r.id

-- name: explain
-- By whom, and why.
update withdrawals w set actor = $3, reason = $4
where w.jurisdiction_id = $1 and w.service_request_id = $2

-- name: publish
-- It is public again, as it was.
update requests r set service_request_id = w.service_request_id, token = w.token
from withdrawals w
where w.jurisdiction_id = $1 and w.service_request_id = $2
  and r.jurisdiction_id = $1 and r.id = w.request_id
returning r.id

-- name: hidden
-- Whether a picture is of a request that is public no more, or of an update of one.
select w.number
from withdrawals w
where w.jurisdiction_id = $1 and w.media_url = $2
union all
select u.update_id
from request_updates u
join requests r on r.id = u.request_id and r.jurisdiction_id = $1
where u.jurisdiction_id = $1 and u.media_url = $2 and r.service_request_id is null
limit 1
