-- migrate:up
-- What a source said currencies were worth.
create table rates (
    player_id text not null, -- empty: rates are no player's
    source text not null,
    as_of bigint not null,
    published_at bigint not null,
    pairs text not null, -- JSON array of [base, counter, rate]
    primary key (player_id, source, as_of)
) without rowid;

-- Promises of a price to a player; one is used once.
create table quotes (
    player_id text not null,
    quote_id text not null,
    source text not null,
    target text not null,
    side smallint not null, -- numbers of wallet.v1.QuoteSide
    given bigint not null,
    credited bigint not null,
    mid text not null, -- decimal
    client text not null, -- decimal
    mid_value bigint not null,
    margin_bps bigint not null,
    rate_source text not null,
    rate_at bigint not null,
    policy_version bigint not null,
    reference text not null,
    volume bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    state smallint not null, -- numbers of wallet.v1.QuoteState
    changed_at bigint not null,
    transaction_id blob not null, -- of its execution
    primary key (player_id, quote_id),
    constraint quotes_margin_check check (given > 0 and credited > 0 and mid_value >= credited)
) without rowid;

-- What a player has converted of late, for limits.
create table conversions (
    player_id text not null,
    done text not null, -- JSON array
    primary key (player_id)
) without rowid;

-- migrate:down
drop table conversions;
drop table quotes;
drop table rates;
