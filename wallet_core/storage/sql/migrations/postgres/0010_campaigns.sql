-- migrate:up
-- Budgets of campaigns, and bonuses that one person has but once.
alter table bonuses add column campaign text not null default '';
alter table bonuses add column reserved bigint not null default 0;
alter table bonuses add column spent bigint not null default 0;
alter table bonuses add column trued bigint not null default 0;
update bonuses set campaign = template_id;

-- Of which bonuses does the budget of their campaign count something else than what they cost?
create index bonuses_untrued on bonuses (campaign, currency)
where case
    when spent = converted
        and reserved = case when state in (3, 4, 5, 6) and granted > converted then granted - converted else 0 end
    then 0 else 1 end = 1;

-- What campaigns may cost. A row that players share: no play writes it; its version guards it.
create table budgets (
    player_id text not null, -- empty: a budget is no player's
    campaign text not null,
    currency text not null,
    amount bigint not null,
    reserved bigint not null, -- promised, and not over
    spent bigint not null, -- became cash
    version bigint not null,
    changed_at bigint not null,
    actor text not null,
    reason text not null,
    primary key (player_id, campaign, currency),
    constraint budgets_amount_check check (amount >= 0 and reserved >= 0 and spent >= 0)
);

-- Who has taken a bonus for a person, a household, an instrument or a device: nobody else does.
create table takers (
    player_id text not null, -- empty: it is no player's
    scope text not null, -- the bonus, and its period
    per smallint not null, -- numbers of wallet.v1.BonusUniqueness
    digest bytea not null, -- of the operator's value, which is nowhere
    holder text not null,
    taken_at bigint not null,
    primary key (player_id, scope, per, digest)
);

alter type saved_bonuses add attribute campaign text;
alter type saved_bonuses add attribute reserved bigint;
alter type saved_bonuses add attribute spent bigint;
alter type saved_bonuses add attribute trued bigint;
create type saved_budgets as (
    player_id text,
    campaign text,
    currency text,
    amount bigint,
    reserved bigint,
    spent bigint,
    version bigint,
    changed_at bigint,
    actor text,
    reason text
);
create type saved_takers as (
    player_id text,
    scope text,
    per smallint,
    digest bytea,
    holder text,
    taken_at bigint
);

-- migrate:down
drop type saved_takers;
drop type saved_budgets;
alter type saved_bonuses drop attribute trued;
alter type saved_bonuses drop attribute spent;
alter type saved_bonuses drop attribute reserved;
alter type saved_bonuses drop attribute campaign;
drop table takers;
drop table budgets;
drop index bonuses_untrued;
alter table bonuses drop column trued;
alter table bonuses drop column spent;
alter table bonuses drop column reserved;
alter table bonuses drop column campaign;
