-- What is read outside the batch. Portable: {columns} are a table's, :names are parameters, a list is bound as {in}.

-- name: players_of_sessions
select session_id, player_id from sessions where session_id {in}

-- name: players_of_keys
select key, player_id from transactions where key {in} and player_id <> '' and kind <> 6

-- name: players_to_undo
-- As above, but for what a tombstone has stopped: there is nothing to undo, and the tombstone has the answer.
select key, player_id from transactions
where key {in} and player_id <> '' and kind <> 6
    and not (kind in (1, 2) and (outcome = 2 or coalesce(reason, 0) = 9))

-- name: player
select {players} from players where player_id = :player_id

-- name: pockets
select {pockets} from pockets where player_id = :player_id order by currency, account

-- name: session
select {sessions} from sessions where player_id = :player_id and session_id = :session_id

-- name: in_play
select coalesce(sum(in_play), 0) from rounds where player_id = :player_id and currency = :currency and state = 1

-- name: in_play_bonus
select coalesce(sum(in_play_bonus), 0) from rounds where player_id = :player_id and currency = :currency and state = 1

-- name: round
select {rounds} from rounds where player_id = :player_id and provider_id = :provider_id and round_id = :round_id

-- name: open_rounds
select {rounds} from rounds
where state = 1
    and (:player_id = '' or player_id = :player_id)
    and (:provider_id = '' or provider_id = :provider_id)
    and opened_at < :opened_before
    and (opened_at, player_id, provider_id, round_id) > (:after_at, :after_player, :after_provider, :after_round)
order by opened_at, player_id, provider_id, round_id
limit :limit

-- name: transactions_by_key
select {transactions} from transactions where key = :key order by player_id

-- name: transaction
select {transactions} from transactions where player_id = :player_id and transaction_id = :transaction_id

-- name: explanation
select {explanations} from explanations where player_id = :player_id and transaction_id = :transaction_id

-- name: transactions
select {transactions} from transactions
where player_id = :player_id
    and transaction_id < :before
    and (:provider_id = '' or provider_id = :provider_id)
    and (:round_id = '' or round_id = :round_id)
order by transaction_id desc
limit :limit

-- name: batch
select {transactions} from transactions
where provider_id = :provider_id and batch_id = :batch_id and batch_id <> '' and kind in (1, 2)
order by committed_at, player_id

-- name: slipped
-- Bets and wins that a tombstone without a player should have stopped, and that nobody has tried to roll back since.
select {transactions as o}
from transactions as g
join transactions as o on o.key = g.key and o.player_id <> ''
where g.player_id = '' and g.committed_at >= :since and o.kind in (1, 2) and o.parts <> '[]' and not o.undone and not exists (
    select 1 from transactions as r
    where r.player_id = o.player_id and r.provider_id = o.provider_id and r.kind = 3
        and r.refs = '["' || o.external_key || '"]'
)
union all
select {transactions as o}
from transactions as g
join transactions as o on o.provider_id = g.provider_id and o.batch_id = substr(g.external_key, 8) and o.batch_id <> ''
where g.player_id = '' and g.committed_at >= :since and g.external_key like '~batch:%'
    and o.kind in (1, 2) and o.parts <> '[]' and not o.undone and not exists (
    select 1 from transactions as r
    where r.player_id = o.player_id and r.provider_id = o.provider_id and r.kind = 3
        and r.refs = '["' || o.external_key || '"]'
)

-- name: lines
select {lines} from lines where player_id = :player_id and transaction_id {in} order by transaction_id, number

-- name: trial_balance
select account, currency, sum(amount) from lines
where :currency = '' or currency = :currency
group by account, currency
order by currency, account

-- name: hold
select {holds} from holds where player_id = :player_id and hold_id = :hold_id

-- name: holds
select {holds} from holds
where player_id = :player_id and (placed_at, hold_id) < (:before_at, :before_hold)
order by placed_at desc, hold_id desc
limit :limit

-- name: live_holds
select {holds} from holds
where player_id = :player_id and currency = :currency and state in (1, 2, 3, 4)
order by placed_at, hold_id

-- name: holds_expired
select player_id, hold_id, expires_at from holds
where state in (1, 2, 3, 4) and expires_at > 0 and expires_at <= :now
order by expires_at
limit :limit

-- name: holds_reviewed
select player_id, hold_id, review_at from holds
where state in (1, 2, 3, 4) and review_at > 0 and review_at <= :now
order by review_at
limit :limit

-- name: holds_swept
-- Freezes of wallets that have cash again, and how many lines their cash pockets have by now.
select h.player_id, h.hold_id, cast(sum(p.sequence) as bigint)
from holds as h
join pockets as p on p.player_id = h.player_id and p.currency = h.currency
    and (p.account = 'CASH' or p.account like 'CASH:%')
where h.state in (1, 2, 3, 4) and h.account_freeze
group by h.player_id, h.hold_id
having sum(p.amount) > 0
order by h.player_id, h.hold_id
limit :limit

-- name: publications
select {publications} from publications where player_id = '' and number > :after order by number

-- name: drafts
select {policy_drafts as o} from policy_drafts as o
where o.player_id = '' and not exists (
    select 1 from publications as p where p.player_id = '' and p.draft_id = o.draft_id
)
order by o.drafted_at desc
limit :limit

-- name: free_round
select {free_rounds} from free_rounds where player_id = :player_id and grant_id = :grant_id

-- name: free_rounds
select {free_rounds} from free_rounds
where player_id = :player_id and (issued_at, grant_id) < (:before_at, :before_grant)
order by issued_at desc, grant_id desc
limit :limit

-- name: free_rounds_expired
select player_id, grant_id, expires_at from free_rounds
where state in (1, 2, 3) and expires_at <= :now
order by expires_at
limit :limit

-- name: points_price
select {points_prices} from points_prices
where player_id = '' and currency = :currency
order by version desc
limit 1

-- name: points_lots
-- A player's points, what came into them since a moment, and how many lines they have.
select p.amount, coalesce((
    select sum(l.amount) from lines as l
    where l.player_id = p.player_id and l.transaction_id >= :since
        and l.currency = 'PTS' and l.account = 'POINTS' and l.amount > 0
), 0), p.sequence
from pockets as p
where p.player_id = :player_id and p.currency = 'PTS' and p.account = 'POINTS'

-- name: points_held
-- Who has points, of which brand, and since when there is such a player.
select p.player_id, u.brand_id, u.created_at
from pockets as p
join players as u on u.player_id = p.player_id
where p.currency = 'PTS' and p.account = 'POINTS' and p.amount > 0 and p.player_id > :after
order by p.player_id
limit :limit

-- name: turnover
-- What a player's cash did in a window, game by game, as the house's accounts say it. What a rollback, an amendment or a
-- void gives back of a bonus, or writes off of one, is no promotion; what it makes of a free round's cash is.
select t.provider_id, coalesce(r.game_id, t.game_id) as game_id,
    sum(case when l.account = 'STAKES' then l.amount else 0 end),
    sum(case when l.account = 'WINS' then l.amount else 0 end),
    sum(case when l.account = 'BONUS_COST' then l.amount else 0 end)
from lines as l
join transactions as t on t.player_id = l.player_id and t.transaction_id = l.transaction_id
left join rounds as r on r.player_id = t.player_id and r.provider_id = t.provider_id and r.round_id = t.round_id
where l.player_id = :player_id and l.currency = :currency
    and l.transaction_id >= :start and l.transaction_id < :end
    and (l.account in ('STAKES', 'WINS') or l.account = 'BONUS_COST' and (
        t.kind not in (3, 5, 10) or t.info like '%"~grant"%' and exists (
            select 1 from lines as c
            where c.player_id = l.player_id and c.transaction_id = l.transaction_id
                and (c.account in ('CASH', 'DEBT') or c.account like 'HELD:%')
        )
    ))
group by t.provider_id, coalesce(r.game_id, t.game_id)
order by t.provider_id, game_id

-- name: template
select {templates} from templates where player_id = '' and template_id = :template_id and version = :version

-- name: templates
select {templates} from templates
where player_id = ''
    and (:template_id = '' or template_id = :template_id)
    and (template_id, version) > (:after_template, :after_version)
order by template_id, version
limit :limit

-- name: bonus
select {bonuses} from bonuses where player_id = :player_id and bonus_id = :bonus_id

-- name: bonuses
select {bonuses} from bonuses where player_id = :player_id and bonus_id > :after order by bonus_id limit :limit

-- name: bonuses_expired
-- Open rounds that are to be honoured are waited for.
select player_id, bonus_id, expires_at from bonuses
where state in (1, 2, 3, 4, 5) and expires_at > 0 and expires_at <= :now
    and (rounds = 0 or terms like '%"open_rounds":"FORFEIT"%')
order by expires_at, player_id, bonus_id
limit :limit

-- name: bonuses_startable
-- Those in the queue whose group has a place for them, whoever is ahead of them counted. Groups that are products compete
-- where these meet (promos.competes); one without a product is all of them.
-- What frees a place fills it in the same commit; this finds what was missed.
select q.player_id, q.bonus_id, q.template_id, q.version from bonuses as q
where q.state = 3 and (q.expires_at = 0 or q.expires_at > :now) and q.places > (
    select count(*) from bonuses as a
    where a.player_id = q.player_id and (a.slot = q.slot or exists (
        select 1 from (
            values ('CASINO'), ('LIVE'), ('SPORTS'), ('POKER'), ('BINGO'), ('LOTTERY'), ('MARKETPLACE')
        ) as p
        where (a.slot = '' or '+' || a.slot || '+' like '%+' || p.column1 || '+%')
            and (q.slot = '' or '+' || q.slot || '+' like '%+' || p.column1 || '+%')
    )) and (
        a.state in (4, 5, 6)
        or a.state = 3 and (a.expires_at = 0 or a.expires_at > :now)
            and (a.priority, a.claimed_at, a.bonus_id) < (q.priority, q.claimed_at, q.bonus_id)
    )
)
order by q.player_id, q.bonus_id
limit :limit

-- name: budgets_untrued
-- Bonuses of which a budget counts something else than what they come to. The condition is that of an index, and one that
-- PostgreSQL takes for a rare one: with two inequalities it would rather read every bonus there is.
select b.player_id, b.bonus_id, b.trued, b.campaign, b.currency
from budgets as g
join bonuses as b on b.campaign = g.campaign and b.currency = g.currency
where g.player_id = '' and case
    when b.spent = b.converted
        and b.reserved = case
            when b.state in (3, 4, 5, 6) and b.granted > b.converted then b.granted - b.converted else 0 end
    then 0 else 1 end = 1
order by b.changed_at, b.player_id, b.bonus_id
limit :limit

-- name: budget
select {budgets} from budgets where player_id = '' and campaign = :campaign and currency = :currency

-- name: budgets
select {budgets} from budgets
where player_id = ''
    and (:campaign = '' or campaign = :campaign)
    and (campaign, currency) > (:after_campaign, :after_currency)
order by campaign, currency
limit :limit

-- name: rates
select {rates} from rates where player_id = '' and source = :source order by as_of desc limit 1

-- name: quote
select {quotes} from quotes where player_id = :player_id and quote_id = :quote_id

-- name: quotes
select {quotes} from quotes
where player_id = :player_id and (created_at, quote_id) < (:before_at, :before_quote)
order by created_at desc, quote_id desc
limit :limit
