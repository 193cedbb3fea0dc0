-- What has gone back of a conversion is paid for by what was taken, the whole by the whole (R-FX-12).
-- What quotes say of it together is what lines say, in each currency.
select q.player_id, q.quote_id, q.given, q.credited, q.refunded, q.taken, q.state
from quotes as q
where q.refunded < 0 or q.taken < 0 or q.refunded > q.given or q.taken > q.credited
    or (q.refunded = q.given and q.taken <> q.credited)
    or (q.state = 6) <> (q.refunded = q.given)
    or (q.state = 7) <> (q.refunded > 0 and q.refunded < q.given)
    or cast(q.refunded as numeric) * q.credited > cast(q.taken as numeric) * q.given
union all
select player_id, currency, sum(given), sum(credited), sum(refunded), sum(taken), 0
from (
    select player_id, source as currency, 0 as given, 0 as credited, refunded, 0 as taken from quotes
    union all
    select player_id, target, 0, 0, 0, taken from quotes
    union all
    select l.player_id, l.currency, 0, 0,
        case when l.account = 'PSP_CLEARING' then -l.amount else 0 end,
        case when l.account = 'FX_POSITION' and l.amount > 0 then -l.amount else 0 end
    from transactions as t
    join lines as l on l.player_id = t.player_id and l.transaction_id = t.transaction_id
    where t.kind = 25
) as sides
group by player_id, currency
having sum(refunded) <> 0 or sum(taken) <> 0
