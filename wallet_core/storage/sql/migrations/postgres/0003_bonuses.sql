-- migrate:up
-- Bonus money: in play by itself, and a row a bonus.
alter table rounds add column in_play_bonus bigint not null default 0;
alter table rounds add column sequence_bonus bigint not null default 0;
alter table rounds add column policies bigint not null default 0;
alter table rounds add column counted text not null default '[]';
alter table rounds add column wagered text not null default '[]';
alter table rounds add column returned bigint not null default 0;
alter table rounds add column free_rounds text not null default '';
alter table rounds add column odds bigint not null default 0;
alter table rounds add column void_bps bigint not null default 0;

-- A bonus of a player: its pocket is BONUS:<bonus_id>.
create table bonuses (
    player_id text not null,
    bonus_id text not null,
    template_id text not null,
    version bigint not null,
    currency text not null,
    state smallint not null, -- numbers of wallet.v1.BonusState; 4 to 6 are live
    terms text not null, -- JSON; never changes
    granted bigint not null,
    deposit bigint not null,
    requirement bigint not null, -- 10,000ths of a ledger unit
    claimed_at bigint not null,
    changed_at bigint not null,
    progress bigint not null, -- 10,000ths of a ledger unit
    converted bigint not null,
    staked boolean not null,
    rounds bigint not null, -- open ones that it has paid for
    priority bigint not null,
    activated_at bigint not null,
    expires_at bigint not null,
    short boolean not null, -- wagering became so after it was converted
    reason text not null,
    primary key (player_id, bonus_id),
    constraint bonuses_progress_check check (progress >= 0)
);

-- Which bonuses may play change? Which are over by now?
create index bonuses_live on bonuses (player_id) where state in (4, 5, 6) or rounds > 0;
create index bonuses_expiring on bonuses (expires_at) where state in (3, 4, 5) and expires_at > 0;

-- Why a stake was paid as it was, where there was a choice.
create table explanations (
    player_id text not null,
    transaction_id bytea not null,
    policies bigint not null, -- the version that decided
    mode text not null,
    stake bigint not null,
    playable bigint not null,
    considered text not null, -- JSON array of what each pocket held and paid, and why not
    primary key (player_id, transaction_id)
);

drop type saved_rounds;
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
    wins bigint,
    in_play_bonus bigint,
    sequence_bonus bigint,
    policies bigint,
    counted text,
    wagered text,
    returned bigint,
    free_rounds text,
    odds bigint,
    void_bps bigint
);
create type saved_bonuses as (
    player_id text,
    bonus_id text,
    template_id text,
    version bigint,
    currency text,
    state smallint,
    terms text,
    granted bigint,
    deposit bigint,
    requirement bigint,
    claimed_at bigint,
    changed_at bigint,
    progress bigint,
    converted bigint,
    staked boolean,
    rounds bigint,
    priority bigint,
    activated_at bigint,
    expires_at bigint,
    short boolean,
    reason text
);
create type saved_explanations as (
    player_id text,
    transaction_id bytea,
    policies bigint,
    mode text,
    stake bigint,
    playable bigint,
    considered text
);

-- migrate:down
drop type saved_explanations;
drop type saved_bonuses;
drop type saved_rounds;
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
drop table explanations;
drop table bonuses;
alter table rounds drop column void_bps;
alter table rounds drop column odds;
alter table rounds drop column free_rounds;
alter table rounds drop column returned;
alter table rounds drop column wagered;
alter table rounds drop column counted;
alter table rounds drop column policies;
alter table rounds drop column sequence_bonus;
alter table rounds drop column in_play_bonus;
