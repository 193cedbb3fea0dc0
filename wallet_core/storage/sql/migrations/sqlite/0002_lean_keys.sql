-- migrate:up
-- One tree less a transaction: its key's serves the lookups with and without a player.
alter table transactions rename to transactions_of_0001;
create table transactions (
    player_id text not null, -- empty: a tombstone that knows no player, or a journal between house accounts
    key blob not null, -- digest of (provider_id, external_key)
    transaction_id blob not null, -- uuid v7
    provider_id text not null,
    external_key text not null,
    kind smallint not null,
    outcome smallint not null, -- 1 applied, 2 noop, 3 refused
    reason smallint,
    fingerprint blob not null,
    currency text not null,
    amount bigint not null,
    parts text not null, -- JSON array of [pocket, amount]
    rolled_back text not null, -- the same; changes
    settlements bigint not null, -- changes
    undone boolean not null, -- changes
    round_id text not null,
    game_id text not null,
    category smallint not null,
    refs text not null, -- JSON array of external keys
    info text not null, -- JSON array of [name, value]
    batch_id text not null,
    cash_after bigint not null,
    bonus_after bigint not null,
    debt_after bigint not null,
    occurred_at bigint not null,
    committed_at bigint not null,
    primary key (player_id, transaction_id) -- a player's history, by time
);
insert into transactions (
    player_id, key, transaction_id, provider_id, external_key, kind, outcome, reason, fingerprint, currency, amount, parts, rolled_back,
    settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after, debt_after, occurred_at, committed_at
) select
    player_id, key, transaction_id, provider_id, external_key, kind, outcome, reason, fingerprint, currency, amount, parts, rolled_back,
    settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after, debt_after, occurred_at, committed_at
from transactions_of_0001;
drop table transactions_of_0001;
create unique index transactions_key on transactions (key, player_id);
create index transactions_batch on transactions (provider_id, batch_id) where batch_id <> '';
create index transactions_graves on transactions (committed_at) where player_id = '';
drop index rounds_open;
create index rounds_open on rounds (player_id, opened_at) where state = 1;

-- migrate:down
alter table transactions rename to transactions_of_0002;
create table transactions (
    player_id text not null, -- empty: a tombstone that knows no player, or a journal between house accounts
    key blob not null, -- digest of (provider_id, external_key)
    transaction_id blob not null, -- uuid v7
    provider_id text not null,
    external_key text not null,
    kind smallint not null,
    outcome smallint not null, -- 1 applied, 2 noop, 3 refused
    reason smallint,
    fingerprint blob not null,
    currency text not null,
    amount bigint not null,
    parts text not null, -- JSON array of [pocket, amount]
    rolled_back text not null, -- the same; changes
    settlements bigint not null, -- changes
    undone boolean not null, -- changes
    round_id text not null,
    game_id text not null,
    category smallint not null,
    refs text not null, -- JSON array of external keys
    info text not null, -- JSON array of [name, value]
    batch_id text not null,
    cash_after bigint not null,
    bonus_after bigint not null,
    debt_after bigint not null,
    occurred_at bigint not null,
    committed_at bigint not null,
    primary key (player_id, key)
);
insert into transactions (
    player_id, key, transaction_id, provider_id, external_key, kind, outcome, reason, fingerprint, currency, amount, parts, rolled_back,
    settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after, debt_after, occurred_at, committed_at
) select
    player_id, key, transaction_id, provider_id, external_key, kind, outcome, reason, fingerprint, currency, amount, parts, rolled_back,
    settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after, debt_after, occurred_at, committed_at
from transactions_of_0002;
drop table transactions_of_0002;
create index transactions_key on transactions (key);
create unique index transactions_history on transactions (player_id, transaction_id);
create index transactions_batch on transactions (provider_id, batch_id) where batch_id <> '';
create index transactions_graves on transactions (committed_at) where player_id = '';
drop index rounds_open;
create index rounds_open on rounds (player_id, opened_at, provider_id, round_id) where state = 1;
