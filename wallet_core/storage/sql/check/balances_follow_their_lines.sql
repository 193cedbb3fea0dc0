-- Line by line: the sequence has no gap, and each balance is the one before and the amount (R-LEDGER-04).
select player_id, currency, account, sequence, amount, balance_after, before, before_sequence
from (
    select player_id, currency, account, sequence, amount, balance_after,
        lag(balance_after, 1, 0) over pocket as before,
        lag(sequence, 1, 0) over pocket as before_sequence
    from lines
    where sequence is not null and account not in ('IN_PLAY', 'IN_PLAY_BONUS')
    window pocket as (partition by player_id, currency, account order by sequence)
) as history
where balance_after <> before + amount or sequence <> before_sequence + 1
