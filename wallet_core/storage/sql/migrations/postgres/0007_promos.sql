-- migrate:up
-- What a bonus's life outside play needs.
alter table bonuses add column frozen_at bigint not null default 0;
alter table bonuses add column slot text not null default '';
alter table bonuses add column places bigint not null default 1;

drop index bonuses_expiring;
drop index bonuses_live;
-- Which bonuses may play change, or wait for their turn? Whose time is over? Who waits for a slot?
create index bonuses_live on bonuses (player_id) where state in (3, 4, 5, 6) or rounds > 0;
create index bonuses_due on bonuses (expires_at) where state in (1, 2, 3, 4, 5) and expires_at > 0;
create index bonuses_queued on bonuses (player_id) where state = 3;

-- What bonuses promise, in versions that never change.
create table templates (
    player_id text not null, -- empty: a template is no player's
    template_id text not null,
    version bigint not null,
    promotion text not null, -- JSON
    published_at bigint not null,
    actor text not null,
    reason text not null,
    primary key (player_id, template_id, version)
);

alter type saved_bonuses add attribute frozen_at bigint;
alter type saved_bonuses add attribute slot text;
alter type saved_bonuses add attribute places bigint;
create type saved_templates as (
    player_id text,
    template_id text,
    version bigint,
    promotion text,
    published_at bigint,
    actor text,
    reason text
);

-- migrate:down
drop type saved_templates;
alter type saved_bonuses drop attribute places;
alter type saved_bonuses drop attribute slot;
alter type saved_bonuses drop attribute frozen_at;
drop table templates;
drop index bonuses_queued;
drop index bonuses_due;
drop index bonuses_live;
create index bonuses_live on bonuses (player_id) where state in (4, 5, 6) or rounds > 0;
create index bonuses_expiring on bonuses (expires_at) where state in (3, 4, 5) and expires_at > 0;
alter table bonuses drop column places;
alter table bonuses drop column slot;
alter table bonuses drop column frozen_at;
