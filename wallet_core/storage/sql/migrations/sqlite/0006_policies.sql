-- migrate:up
-- Policies that were found sound and may be approved.
create table policy_drafts (
    player_id text not null, -- empty: policies are no player's
    draft_id text not null,
    author text not null,
    reason text not null,
    settings text not null, -- JSON array
    effective_at bigint not null, -- 0: when it is approved
    base bigint not null, -- the last publication its author knew
    drafted_at bigint not null,
    primary key (player_id, draft_id)
) without rowid;

-- Policies that were approved, numbered without gaps.
create table publications (
    player_id text not null, -- empty: policies are no player's
    number bigint not null,
    draft_id text not null, -- empty: a rollback
    author text not null,
    approver text not null,
    reason text not null,
    settings text not null, -- JSON array
    effective_at bigint not null,
    published_at bigint not null,
    restores bigint, -- the version a rollback goes back to
    primary key (player_id, number)
) without rowid;

-- migrate:down
drop table publications;
drop table policy_drafts;
