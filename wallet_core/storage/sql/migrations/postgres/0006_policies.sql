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
);

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
);

create type saved_policy_drafts as (
    player_id text,
    draft_id text,
    author text,
    reason text,
    settings text,
    effective_at bigint,
    base bigint,
    drafted_at bigint
);
create type saved_publications as (
    player_id text,
    number bigint,
    draft_id text,
    author text,
    approver text,
    reason text,
    settings text,
    effective_at bigint,
    published_at bigint,
    restores bigint
);

-- migrate:down
drop type saved_publications;
drop type saved_policy_drafts;
drop table publications;
drop table policy_drafts;
