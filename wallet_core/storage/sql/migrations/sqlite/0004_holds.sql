-- migrate:up
-- A hold of a player's cash: what it holds stands in the pocket HELD:<reason>.
create table holds (
    player_id text not null,
    hold_id text not null,
    currency text not null,
    reason smallint not null, -- numbers of wallet.v1.HoldReason
    state smallint not null, -- numbers of wallet.v1.HoldState; 1 to 4 are live
    amount bigint not null,
    captured bigint not null,
    sources text not null, -- JSON array of [pocket, amount]: what is still held, and whence
    basis smallint not null, -- numbers of wallet.v1.HoldBasis
    clause text not null,
    owner text not null,
    case_id text not null,
    text_key text not null,
    evidence text not null,
    account_freeze boolean not null,
    discreet boolean not null,
    placed_at bigint not null,
    review_at bigint not null,
    expires_at bigint not null,
    changed_at bigint not null,
    primary key (player_id, hold_id),
    constraint holds_captured_check check (captured between 0 and amount)
) without rowid;

-- Which holds are over by now? Which are to be reviewed? Which take every credit?
create index holds_expiring on holds (expires_at) where state in (1, 2, 3, 4) and expires_at > 0;
create index holds_reviewed on holds (review_at) where state in (1, 2, 3, 4) and review_at > 0;
create index holds_freezing on holds (player_id) where state in (1, 2, 3, 4) and account_freeze;

-- migrate:down
drop table holds;
