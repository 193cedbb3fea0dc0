-- Every journal sums to zero per currency (R-LEDGER-01), so the trial balance does too (R-LEDGER-12).
select player_id, transaction_id, currency, sum(amount) as total
from lines
group by player_id, transaction_id, currency
having sum(amount) <> 0
