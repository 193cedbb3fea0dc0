-- A budget counts as reserved and as spent just what the bonuses of its campaign say it does (R-BONUS-10).
select campaign, currency, sum(reserved) as reserved, sum(spent) as spent
from (
    select campaign, currency, reserved, spent from budgets
    union all
    select campaign, currency, -reserved, -spent from bonuses
) as counted
group by campaign, currency
having sum(reserved) <> 0 or sum(spent) <> 0
