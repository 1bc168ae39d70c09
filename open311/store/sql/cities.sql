-- name: jurisdictions
-- The directory: which cities there are. The one statement that looks across them.
select j.jurisdiction_id, j.name, j.timezone, j.contact, j.key_service, j.max_span_days,
  j.languages, j.address_within, j.changeset
from jurisdictions j
order by j.jurisdiction_id

-- name: departments
-- Public names for `agency_responsible`.
select d.code, d.name, d.translations, d.active
from departments d
where d.jurisdiction_id = $1

-- name: contacts
-- Departments as a folder says them: those that act, and those that services on offer name.
select d.code, d.name, d.phone, d.email, d.url, d.translations
from departments d
where d.jurisdiction_id = $1 and true in (d.active, d.code = any ($2::text[]))
order by d.code

-- name: load_jurisdiction
-- The city itself, when it is new or has changed.
insert into jurisdictions as j
  (jurisdiction_id, name, timezone, contact, key_service, max_span_days, languages,
   address_within, changeset)
values ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9)
on conflict (jurisdiction_id) do update
set name = excluded.name, timezone = excluded.timezone, contact = excluded.contact,
  key_service = excluded.key_service, max_span_days = excluded.max_span_days,
  languages = excluded.languages, address_within = excluded.address_within
where (j.name, j.timezone, j.contact, j.key_service, j.max_span_days, j.languages,
   j.address_within)
  is distinct from (excluded.name, excluded.timezone, excluded.contact, excluded.key_service,
   excluded.max_span_days, excluded.languages, excluded.address_within)
returning xmax = 0 as added

-- name: load_departments
-- Departments that are new or have changed.
insert into departments as d (jurisdiction_id, code, name, phone, email, url, translations)
select $1, n.code, n.name, n.phone, n.email, n.url, coalesce(n.translations, '{}')
from jsonb_to_recordset($2::jsonb)
  as n (code text, name text, phone text, email text, url text, translations jsonb)
on conflict (jurisdiction_id, code) do update
set name = excluded.name, phone = excluded.phone, email = excluded.email, url = excluded.url,
  translations = excluded.translations, active = true
where (d.name, d.phone, d.email, d.url, d.translations, d.active) is distinct from
  (excluded.name, excluded.phone, excluded.email, excluded.url, excluded.translations, true)
returning xmax = 0 as added

-- name: retire_departments
-- Departments that the folder no longer has; kept, because requests name them.
update departments d set active = false
where d.jurisdiction_id = $1 and d.active and d.code <> all ($2::text[])
returning d.code

-- name: move_changeset
-- Something changed: the changeset moves forward, by a second at least.
update jurisdictions j set changeset = greatest($2, j.changeset + interval '1 second')
where j.jurisdiction_id = $1

-- name: announce
-- Tell every worker, when this transaction commits, that what it keeps in memory is old.
select pg_notify('open311_changed', $1)
