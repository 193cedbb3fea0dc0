-- Every round's IN_PLAY is the sum of its lines, and its sequence their number; so is IN_PLAY_BONUS (R-ROUND-07).
select player_id, provider_id, round_id, account, sum(held) as held, sum(posted) as posted,
    sum(sequence) as sequence, sum(posts) as posts
from (
    select player_id, provider_id, round_id, 'IN_PLAY' as account, in_play as held, 0 as posted, sequence, 0 as posts
    from rounds
    union all
    select player_id, provider_id, round_id, 'IN_PLAY_BONUS', in_play_bonus, 0, sequence_bonus, 0
    from rounds
    union all
    select t.player_id, t.provider_id, l.detail, l.account, 0, sum(l.amount), 0, count(*)
    from lines as l
    join transactions as t on t.player_id = l.player_id and t.transaction_id = l.transaction_id
    where l.account in ('IN_PLAY', 'IN_PLAY_BONUS')
    group by t.player_id, t.provider_id, l.detail, l.account
) as sides
group by player_id, provider_id, round_id, account
having sum(held) <> sum(posted) or sum(sequence) <> sum(posts)
