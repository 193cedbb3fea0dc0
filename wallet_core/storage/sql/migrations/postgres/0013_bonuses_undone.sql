-- migrate:up
-- What of a bonus in play may be undone. Of a round: by bonus, what of its wins was taken back, and not there.
alter table rounds add column written_off text not null default '[]';
-- What of a sticky bonus's principal has been taken away: of those converted by now, all.
alter table bonuses add column removed bigint not null default 0;
-- How many rounds have stakes of it that stand; staked says whether any has.
alter table bonuses add column touched bigint not null default 0;
alter table explanations add column choice text not null default ''; -- what the player wished to pay with

update bonuses set removed = granted where state = 7;
update bonuses set touched = (
    select count(*) from rounds as r
    where r.player_id = bonuses.player_id and r.state in (1, 2) and strpos(r.mix, '"BONUS:' || bonuses.bonus_id || '"') > 0
)
where staked;
update bonuses set staked = touched > 0 where staked;

alter type saved_rounds add attribute written_off text;
alter type saved_bonuses add attribute removed bigint;
alter type saved_bonuses add attribute touched bigint;
alter type saved_explanations add attribute choice text;

-- migrate:down
alter type saved_explanations drop attribute choice;
alter type saved_bonuses drop attribute touched;
alter type saved_bonuses drop attribute removed;
alter type saved_rounds drop attribute written_off;
alter table explanations drop column choice;
alter table bonuses drop column touched;
alter table bonuses drop column removed;
alter table rounds drop column written_off;
