-- A line belongs to a transaction that was applied: nothing refused, noted or buried ever moved money (I-07).
select l.player_id, l.transaction_id, t.external_key, t.kind, t.outcome
from lines as l
left join transactions as t on t.player_id = l.player_id and t.transaction_id = l.transaction_id
where t.outcome is null or t.outcome <> 1
