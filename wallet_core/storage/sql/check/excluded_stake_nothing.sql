-- No stake of a player is accepted at or after the exclusion that stands (I-11).
select t.player_id, t.transaction_id, t.external_key, t.committed_at, p.excluded_at
from players as p
join transactions as t on t.player_id = p.player_id
where p.excluded_until > 0 and t.kind = 1 and t.outcome = 1 and t.committed_at >= p.excluded_at
