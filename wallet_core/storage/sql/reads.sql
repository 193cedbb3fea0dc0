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
