-- name: numbers
-- The numbers of spots, given to those that had none. One that is known is written as it is, for
-- only so is its number told; the order keeps two who do this from waiting for each other.
insert into places (jurisdiction_id, x, y, inside)
select $1, p.x, p.y, p.inside
from json_to_recordset($2::json) as p (x integer, y integer, inside text[])
order by p.x, p.y, p.inside
on conflict (jurisdiction_id, x, y, inside) do update set x = excluded.x
returning x, y, inside, place
