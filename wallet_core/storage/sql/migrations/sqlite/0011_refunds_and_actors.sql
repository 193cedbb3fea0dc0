-- migrate:up
-- What of a conversion has gone back where it came from, and what that took.
alter table quotes add column refunded bigint not null default 0;
alter table quotes add column taken bigint not null default 0;

-- As whom the core knows those who acted; empty, where only their stated names were kept.
alter table policy_drafts add column author_identity text not null default '';
alter table publications add column author_identity text not null default '';
alter table publications add column approver_identity text not null default '';

-- migrate:down
alter table publications drop column approver_identity;
alter table publications drop column author_identity;
alter table policy_drafts drop column author_identity;
alter table quotes drop column taken;
alter table quotes drop column refunded;
