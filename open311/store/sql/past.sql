-- name: past
-- What rules look at of the requests of some time, oldest first; answers of some services only.
select r.service_request_id, r.service_code, r.requested_datetime, r.lat, r.long,
  num_nonnulls(r.lat, r.address, r.address_id) > 0 as told, c.channel, r.department,
  case when r.service_code = any ($4::text[]) then r.attributes end as answers
from requests r
left join clients c on c.client_id = r.client_id and c.jurisdiction_id = $1
where r.jurisdiction_id = $1 and r.requested_datetime >= $2 and r.requested_datetime < $3
order by r.requested_datetime, r.id
