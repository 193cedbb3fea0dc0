-- No bonus that is over has money left, nor one that waits for its rounds; progress is never below zero (I-09).
select b.player_id, b.bonus_id, b.state, b.progress, coalesce(p.amount, 0) as held
from bonuses as b
left join pockets as p
    on p.player_id = b.player_id and p.currency = b.currency and p.account = 'BONUS:' || b.bonus_id
where b.progress < 0
    or (b.state not in (4, 5, 6) and coalesce(p.amount, 0) <> 0)
    or (b.state = 5 and coalesce(p.amount, 0) <> 0)
