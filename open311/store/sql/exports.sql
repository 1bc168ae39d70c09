-- name: columns
-- A request as it is written: no tiny coordinate has an exponent (GR-Q-31), a picture its address.
r.service_request_id, r.status, r.status_notes, r.service_code, r.description,
  r.department, r.service_notice,
  substr(to_json(r.requested_datetime at time zone 'UTC')::text, 2, 19) || 'Z',
  substr(to_json(r.updated_datetime at time zone 'UTC')::text, 2, 19) || 'Z',
  substr(to_json(r.expected_datetime at time zone 'UTC')::text, 2, 19) || 'Z',
  r.address, r.address_id, r.zipcode,
  case when abs(r.lat) < 1e-4 then r.lat::text::numeric::text else r.lat::text end,
  case when abs(r.long) < 1e-4 then r.long::text::numeric::text else r.long::text end,
  case when r.media_url like '/%' then {media}::text || r.media_url else r.media_url end
