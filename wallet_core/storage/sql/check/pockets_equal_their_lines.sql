-- Every pocket is the sum of its lines, and its sequence their number (I-03).
select player_id, currency, account, sum(held) as held, sum(posted) as posted, sum(sequence) as sequence, sum(posts) as posts
from (
    select player_id, currency, account, amount as held, 0 as posted, sequence, 0 as posts
    from pockets
    union all
    select player_id, currency, account, 0, sum(amount), 0, count(*)
    from lines
    where sequence is not null and account not in ('IN_PLAY', 'IN_PLAY_BONUS')
    group by player_id, currency, account
) as sides
group by player_id, currency, account
having sum(held) <> sum(posted) or sum(sequence) <> sum(posts)
