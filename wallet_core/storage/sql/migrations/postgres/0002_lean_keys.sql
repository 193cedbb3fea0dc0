-- migrate:up
-- One index less a transaction: its key's serves the lookups with and without a player.
alter table transactions drop constraint transactions_pkey;
alter table transactions add constraint transactions_pkey primary key using index transactions_history;
drop index transactions_key;
create unique index transactions_key on transactions (key, player_id);
drop index rounds_open;
create index rounds_open on rounds (player_id, opened_at) where state = 1;

-- A row on its way in, its columns in the order the code has them: an array of these is unpacked three times as fast as
-- an array a column. Not the tables' own row types: adding a column must not break a process of the version before.
create type saved_players as (
    player_id text,
    operator_id text,
    brand_id text,
    currencies text,
    status smallint,
    country text,
    created_at bigint,
    changed_at bigint,
    version bigint
);
create type saved_pockets as (
    player_id text,
    currency text,
    account text,
    amount bigint,
    sequence bigint
);
create type saved_sessions as (
    player_id text,
    session_id bytea,
    provider_id text,
    game_id text,
    currency text,
    state smallint,
    created_at bigint,
    expires_at bigint,
    successor bytea
);
create type saved_rounds as (
    player_id text,
    provider_id text,
    round_id text,
    game_id text,
    currency text,
    state smallint,
    opened_at bigint,
    changed_at bigint,
    revision bigint,
    sequence bigint,
    in_play bigint,
    mix text,
    won bigint,
    refunded bigint,
    stakes bigint,
    standing bigint,
    wins bigint
);
create type saved_transactions as (
    player_id text,
    key bytea,
    transaction_id bytea,
    provider_id text,
    external_key text,
    kind smallint,
    outcome smallint,
    currency text,
    amount bigint,
    committed_at bigint,
    reason smallint,
    fingerprint bytea,
    parts text,
    rolled_back text,
    settlements bigint,
    undone boolean,
    round_id text,
    game_id text,
    category smallint,
    refs text,
    info text,
    batch_id text,
    cash_after bigint,
    bonus_after bigint,
    debt_after bigint,
    occurred_at bigint
);
create type saved_lines as (
    player_id text,
    transaction_id bytea,
    number smallint,
    account text,
    detail text,
    currency text,
    amount bigint,
    sequence bigint,
    balance_after bigint
);

-- migrate:down
drop type saved_players;
drop type saved_pockets;
drop type saved_sessions;
drop type saved_rounds;
drop type saved_transactions;
drop type saved_lines;
alter table transactions drop constraint transactions_pkey;
drop index transactions_key;
alter table transactions add primary key (player_id, key);
create unique index transactions_history on transactions (player_id, transaction_id);
create index transactions_key on transactions (key);
drop index rounds_open;
create index rounds_open on rounds (player_id, opened_at, provider_id, round_id) where state = 1;
