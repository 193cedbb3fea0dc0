-- migrate:up
-- The bonus that a grant's winnings go to, or went to last: once one is over, they begin another.
alter table free_rounds add column bonus_id text not null default '';
update free_rounds set bonus_id = 'free@' || grant_id where promise <> 'null' and won > waiting;

-- Of a campaign, the windows that a player's cashback has been computed for: no moment counts twice.
create table cashbacks (
    player_id text not null,
    campaign text not null,
    currency text not null,
    covered text not null, -- JSON: [start, end) in microseconds, in order, none touching another
    primary key (player_id, campaign, currency)
);

alter type saved_free_rounds add attribute bonus_id text;
create type saved_cashbacks as (
    player_id text,
    campaign text,
    currency text,
    covered text
);

-- migrate:down
drop type saved_cashbacks;
alter type saved_free_rounds drop attribute bonus_id;
drop table cashbacks;
alter table free_rounds drop column bonus_id;
