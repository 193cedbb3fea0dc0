-- What a transaction says it moved stands in its lines; what a void had refunded before did not move again, and what
-- lapsed did not move at all.
select t.player_id, t.transaction_id, t.external_key, t.kind, t.parts
from transactions as t
where t.outcome = 1 and t.parts <> '[]' and t.parts not like '[["REFUNDED"%' and t.parts not like '[["LAPSED"%' and not exists (
    select 1 from lines as l where l.player_id = t.player_id and l.transaction_id = t.transaction_id
)
