-- migrate:up
-- A grant of free rounds. What is not played of it is worth nothing.
create table free_rounds (
    player_id text not null,
    grant_id text not null,
    provider_id text not null,
    currency text not null,
    state smallint not null, -- numbers of wallet.v1.FreeRoundState; 1 to 3 are live
    rounds bigint not null,
    value bigint not null, -- that each round is worth; nobody pays it
    games text not null, -- JSON array; empty for any
    settle smallint not null, -- numbers of wallet.v1.FreeRoundSettle
    promise text not null, -- JSON: the bonus that winnings become; null for cash
    cap bigint not null,
    campaign text not null,
    issued_at bigint not null,
    expires_at bigint not null,
    changed_at bigint not null,
    attempts bigint not null, -- of registering it that the provider refused
    used bigint not null, -- rounds that began
    open bigint not null, -- and have not ended
    paid bigint not null, -- rounds that won
    won bigint not null,
    waiting bigint not null, -- won, and paid at the end
    over_at bigint not null,
    reason text not null,
    primary key (player_id, grant_id),
    constraint free_rounds_waiting_check check (waiting between 0 and won)
) without rowid;

-- Which are over by now?
create index free_rounds_due on free_rounds (expires_at) where state in (1, 2, 3);

-- What points buy, in versions that never change.
create table points_prices (
    player_id text not null, -- empty: a price is no player's
    currency text not null,
    version bigint not null,
    points bigint not null, -- whole ones that buy …
    amount bigint not null, -- … so many ledger units
    published_at bigint not null,
    actor text not null,
    reason text not null,
    primary key (player_id, currency, version)
) without rowid;

-- migrate:down
drop table points_prices;
drop table free_rounds;
