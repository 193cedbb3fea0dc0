-- What a transaction says it moved stands in its lines; what was refunded before, or lapsed, did not move.
select t.player_id, t.transaction_id, t.external_key, t.kind, t.parts
from transactions as t
where t.outcome = 1 and t.parts <> '[]' and t.parts not like '[["REFUNDED"%' and t.parts not like '[["LAPSED%'
    and not exists (
        select 1 from lines as l where l.player_id = t.player_id and l.transaction_id = t.transaction_id
    )
