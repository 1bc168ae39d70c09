-- name: numbers
-- The numbers of spots, given to those that had none. Two who do this at once may give a spot two
-- numbers, which does no harm, and do not wait for each other.
with wanted as (
  select w.x, w.y, w.inside
  from json_to_recordset($2::json) as w (x integer, y integer, inside text[])
), known as (
  select p.x, p.y, p.inside, min(p.place) as place
  from wanted w
  join places p on p.x = w.x and p.y = w.y and p.inside = w.inside
  where p.jurisdiction_id = $1
  group by p.x, p.y, p.inside
), added as (
  insert into places (jurisdiction_id, x, y, inside)
  select $1, w.x, w.y, w.inside
  from wanted w
  where (w.x, w.y, w.inside) not in (select k.x, k.y, k.inside from known k)
  returning x, y, inside, place
)
select k.x, k.y, k.inside, k.place from known k
union all
select a.x, a.y, a.inside, a.place from added a
