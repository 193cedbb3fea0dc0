-- migrate:up
-- What keeps a player from playing, each by itself, and the currency played in. Existing freezes are counted; who was
-- blocked by one stays so, for it cannot be told from who was blocked by hand.
alter table players add column frozen bigint not null default 0; -- live holds that are freezes
alter table players add column excluded_at bigint not null default 0;
alter table players add column excluded_until bigint not null default 0; -- 0: not excluded
alter table players add column currency text not null default ''; -- the active one; empty: any
alter table players add column switched_at bigint not null default 0;

update players set frozen = (
    select count(*) from holds as h
    where h.player_id = players.player_id and h.account_freeze and h.state in (1, 2, 3, 4)
)
where player_id in (select h.player_id from holds as h where h.account_freeze and h.state in (1, 2, 3, 4));

-- migrate:down
alter table players drop column switched_at;
alter table players drop column currency;
alter table players drop column excluded_until;
alter table players drop column excluded_at;
alter table players drop column frozen;
