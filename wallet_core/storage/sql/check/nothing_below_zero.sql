-- No pocket, no round and no line of theirs is below zero, but debt, which is never above (I-02).
select player_id, currency, account, amount
from pockets
where case when account = 'DEBT' then amount > 0 else amount < 0 end
union all
select player_id, currency, account, balance_after
from lines
where case when account = 'DEBT' then balance_after > 0 else balance_after < 0 end
