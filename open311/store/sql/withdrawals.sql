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
-- Whether a picture is of a request that is public no more.
select w.number
from withdrawals w
where w.jurisdiction_id = $1 and w.media_url = $2
limit 1
