-- What was rolled back by its id alone is undone, or its profile has refused that (R-PROV-10).
select o.player_id, o.provider_id, o.external_key, o.amount, o.parts
from transactions as g
join transactions as o on o.key = g.key and o.player_id <> ''
where g.player_id = '' and o.kind in (1, 2) and o.parts <> '[]' and not o.undone and not exists (
    select 1 from transactions as r
    where r.player_id = o.player_id and r.provider_id = o.provider_id and r.kind = 3
        and r.refs = '["' || o.external_key || '"]'
)
