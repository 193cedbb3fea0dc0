-- migrate:up
-- What a source said currencies were worth.
create table rates (
    player_id text not null, -- empty: rates are no player's
    source text not null,
    as_of bigint not null,
    published_at bigint not null,
    pairs text not null, -- JSON array of [base, counter, rate]
    primary key (player_id, source, as_of)
);

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
    transaction_id bytea not null, -- of its execution
    primary key (player_id, quote_id),
    constraint quotes_margin_check check (given > 0 and credited > 0 and mid_value >= credited)
);

-- What a player has converted of late, for limits.
create table conversions (
    player_id text not null,
    done text not null, -- JSON array
    primary key (player_id)
);

create type saved_rates as (
    player_id text,
    source text,
    as_of bigint,
    published_at bigint,
    pairs text
);
create type saved_quotes as (
    player_id text,
    quote_id text,
    source text,
    target text,
    side smallint,
    given bigint,
    credited bigint,
    mid text,
    client text,
    mid_value bigint,
    margin_bps bigint,
    rate_source text,
    rate_at bigint,
    policy_version bigint,
    reference text,
    volume bigint,
    created_at bigint,
    expires_at bigint,
    state smallint,
    changed_at bigint,
    transaction_id bytea
);
create type saved_conversions as (
    player_id text,
    done text
);

-- migrate:down
drop type saved_conversions;
drop type saved_quotes;
drop type saved_rates;
drop table conversions;
drop table quotes;
drop table rates;
