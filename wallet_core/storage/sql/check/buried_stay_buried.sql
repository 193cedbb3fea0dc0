-- A transaction that was rolled back by its id alone has been undone, whoever's it is (R-PROV-10).
select o.player_id, o.provider_id, o.external_key, o.amount, o.parts, o.rolled_back
from transactions as t
join transactions as o on o.key = t.key and o.player_id <> ''
where t.player_id = '' and t.kind = 6 and o.outcome = 1 and o.kind in (1, 2) and o.parts <> '[]' and o.rolled_back = '[]'
