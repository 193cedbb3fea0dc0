-- A player's row counts the live holds that are freezes (R-HOLD-03).
select p.player_id, p.frozen, count(h.hold_id) as freezes
from players as p
left join holds as h on h.player_id = p.player_id and h.account_freeze and h.state in (1, 2, 3, 4)
group by p.player_id, p.frozen
having p.frozen <> count(h.hold_id)
