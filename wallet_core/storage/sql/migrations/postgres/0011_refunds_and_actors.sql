-- migrate:up
-- What of a conversion has gone back where it came from, and what that took.
alter table quotes add column refunded bigint not null default 0;
alter table quotes add column taken bigint not null default 0;

-- As whom the core knows those who acted; empty, where only their stated names were kept.
alter table policy_drafts add column author_identity text not null default '';
alter table publications add column author_identity text not null default '';
alter table publications add column approver_identity text not null default '';

alter type saved_quotes add attribute refunded bigint;
alter type saved_quotes add attribute taken bigint;
alter type saved_policy_drafts add attribute author_identity text;
alter type saved_publications add attribute author_identity text;
alter type saved_publications add attribute approver_identity text;

-- migrate:down
alter type saved_publications drop attribute approver_identity;
alter type saved_publications drop attribute author_identity;
alter type saved_policy_drafts drop attribute author_identity;
alter type saved_quotes drop attribute taken;
alter type saved_quotes drop attribute refunded;
alter table publications drop column approver_identity;
alter table publications drop column author_identity;
alter table policy_drafts drop column author_identity;
alter table quotes drop column taken;
alter table quotes drop column refunded;
