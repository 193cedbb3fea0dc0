-- SQLite: bytes are blobs; small rows live in their key's own tree.
-- The books. One row of players guards everything of a player: each command raises its version.
-- Amounts are integers of the currency's ledger scale; times are microseconds since the epoch (UTC); ids are bytes.
-- Every table a player has rows in starts its key with player_id, so that players can be distributed and stay together.

create table players (
    player_id text not null,
    operator_id text not null,
    brand_id text not null,
    currencies text not null, -- JSON array of codes
    status smallint not null, -- 1 active, 2 blocked
    country text not null,
    created_at bigint not null,
    changed_at bigint not null,
    version bigint not null, frozen bigint not null default 0, excluded_at bigint not null default 0, excluded_until bigint not null default 0, currency text not null default '', switched_at bigint not null default 0,
    primary key (player_id)
) without rowid;

-- The balance row of an authorising account. The check repeats what the rules assert: nothing below zero, and debt is owed.
create table pockets (
    player_id text not null,
    currency text not null,
    account text not null,
    amount bigint not null,
    sequence bigint not null, -- of its last line; gapless
    primary key (player_id, currency, account),
    constraint pockets_amount_check check (case when account = 'DEBT' then amount <= 0 else amount >= 0 end)
) without rowid;

create table sessions (
    player_id text not null,
    session_id blob not null, -- digest of the token; the token itself is nowhere
    provider_id text not null,
    game_id text not null,
    currency text not null,
    state smallint not null, -- 1 active, 2 rotated, 3 closed
    created_at bigint not null,
    expires_at bigint not null,
    successor blob not null,
    primary key (player_id, session_id)
) without rowid;

-- Whose session is this token's?
create index sessions_session_id on sessions (session_id);

-- A round is also the balance row of its IN_PLAY account.
create table rounds (
    player_id text not null,
    provider_id text not null,
    round_id text not null,
    game_id text not null,
    currency text not null,
    state smallint not null, -- 1 open, 2 closed, 3 cancelled, 4 voided
    opened_at bigint not null,
    changed_at bigint not null,
    revision bigint not null,
    sequence bigint not null,
    in_play bigint not null,
    mix text not null, -- JSON array of [pocket, amount]
    won bigint not null,
    refunded bigint not null,
    stakes bigint not null,
    standing bigint not null,
    wins bigint not null, in_play_bonus bigint not null default 0, sequence_bonus bigint not null default 0, policies bigint not null default 0, counted text not null default '[]', wagered text not null default '[]', returned bigint not null default 0, free_rounds text not null default '', odds bigint not null default 0, void_bps bigint not null default 0, written_off text not null default '[]',
    primary key (player_id, provider_id, round_id),
    constraint rounds_in_play_check check (in_play >= 0),
    constraint rounds_refunded_check check (refunded >= 0)
) without rowid;

-- What does the player have in play? Which rounds are open, and since when?
create index rounds_open on rounds (player_id, opened_at) where state = 1;

-- One action's permanent outcome: idempotency record, head of its journal, and entry of the log.
create table transactions (
    player_id text not null, -- empty: a tombstone that knows no player, or a journal between house accounts
    key blob not null, -- digest of (provider_id, external_key)
    transaction_id blob not null, -- uuid v7
    provider_id text not null,
    external_key text not null,
    kind smallint not null,
    outcome smallint not null, -- 1 applied, 2 noop, 3 refused
    reason smallint,
    fingerprint blob not null,
    currency text not null,
    amount bigint not null,
    parts text not null, -- JSON array of [pocket, amount]
    rolled_back text not null, -- the same; changes
    settlements bigint not null, -- changes
    undone boolean not null, -- changes
    round_id text not null,
    game_id text not null,
    category smallint not null,
    refs text not null, -- JSON array of external keys
    info text not null, -- JSON array of [name, value]
    batch_id text not null,
    cash_after bigint not null,
    bonus_after bigint not null,
    debt_after bigint not null,
    occurred_at bigint not null,
    committed_at bigint not null,
    primary key (player_id, transaction_id) -- a player's history, by time
);

-- One outcome a key. The key comes first: whose is it? (status queries and rollbacks that name no player)
create unique index transactions_key on transactions (key, player_id);

-- What was in this batch?
create index transactions_batch on transactions (provider_id, batch_id) where batch_id <> '';

-- Which tombstones that know no player were left lately?
create index transactions_graves on transactions (committed_at) where player_id = '';

-- Journal lines, append-only. Each transaction's lines sum to zero per currency.
create table lines (
    player_id text not null,
    transaction_id blob not null,
    number smallint not null,
    account text not null,
    detail text not null,
    currency text not null,
    amount bigint not null,
    sequence bigint, -- authorising accounts only
    balance_after bigint,
    primary key (player_id, transaction_id, number)
) without rowid;

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
    reason text not null, frozen_at bigint not null default 0, slot text not null default '', places bigint not null default 1, campaign text not null default '', reserved bigint not null default 0, spent bigint not null default 0, trued bigint not null default 0, removed bigint not null default 0, touched bigint not null default 0,
    primary key (player_id, bonus_id),
    constraint bonuses_progress_check check (progress >= 0)
) without rowid;


-- Which bonuses may play change, or wait for their turn? Whose time is over? Who waits for a slot?
create index bonuses_live on bonuses (player_id) where state in (3, 4, 5, 6) or rounds > 0;
create index bonuses_due on bonuses (expires_at) where state in (1, 2, 3, 4, 5) and expires_at > 0;
create index bonuses_queued on bonuses (player_id) where state = 3;

-- Of which bonuses does the budget of their campaign count something else than what they cost?
create index bonuses_untrued on bonuses (campaign, currency)
where case
    when spent = converted
        and reserved = case when state in (3, 4, 5, 6) and granted > converted then granted - converted else 0 end
    then 0 else 1 end = 1;

-- Why a stake was paid as it was, where there was a choice.
create table explanations (
    player_id text not null,
    transaction_id blob not null,
    policies bigint not null, -- the version that decided
    mode text not null,
    stake bigint not null,
    playable bigint not null,
    considered text not null, choice text not null default '', -- JSON array of what each pocket held and paid, and why not
    primary key (player_id, transaction_id)
) without rowid;

-- A hold of a player's cash: what it holds stands in the pocket HELD:<reason>.
create table holds (
    player_id text not null,
    hold_id text not null,
    currency text not null,
    reason smallint not null, -- numbers of wallet.v1.HoldReason
    state smallint not null, -- numbers of wallet.v1.HoldState; 1 to 4 are live
    amount bigint not null,
    captured bigint not null,
    sources text not null, -- JSON array of [pocket, amount]: what is still held, and whence
    basis smallint not null, -- numbers of wallet.v1.HoldBasis
    clause text not null,
    owner text not null,
    case_id text not null,
    text_key text not null,
    evidence text not null,
    account_freeze boolean not null,
    discreet boolean not null,
    placed_at bigint not null,
    review_at bigint not null,
    expires_at bigint not null,
    changed_at bigint not null,
    primary key (player_id, hold_id),
    constraint holds_captured_check check (captured between 0 and amount)
) without rowid;

-- Which holds are over by now? Which are to be reviewed? Which take every credit?
create index holds_expiring on holds (expires_at) where state in (1, 2, 3, 4) and expires_at > 0;
create index holds_reviewed on holds (review_at) where state in (1, 2, 3, 4) and review_at > 0;
create index holds_freezing on holds (player_id) where state in (1, 2, 3, 4) and account_freeze;

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
) without rowid;

-- Policies that were found sound and may be approved.
create table policy_drafts (
    player_id text not null, -- empty: policies are no player's
    draft_id text not null,
    author text not null,
    reason text not null,
    settings text not null, -- JSON array
    effective_at bigint not null, -- 0: when it is approved
    base bigint not null, -- the last publication its author knew
    drafted_at bigint not null, author_identity text not null default '',
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
    restores bigint, author_identity text not null default '', approver_identity text not null default '', -- the version a rollback goes back to
    primary key (player_id, number)
) without rowid;

-- A grant of free rounds. What is not played of it is worth nothing.
create table free_rounds (
    player_id text not null,
    grant_id text not null,
    provider_id text not null,
    currency text not null,
    state smallint not null, -- numbers of wallet.v1.FreeRoundState; 1 to 3 are live
    rounds bigint not null,
    value bigint not null, -- that each round is worth; nobody pays it
    games text not null, -- JSON array; empty for any
    settle smallint not null, -- numbers of wallet.v1.FreeRoundSettle
    promise text not null, -- JSON: the bonus that winnings become; null for cash
    cap bigint not null,
    campaign text not null,
    issued_at bigint not null,
    expires_at bigint not null,
    changed_at bigint not null,
    attempts bigint not null, -- of registering it that the provider refused
    used bigint not null, -- rounds that began
    open bigint not null, -- and have not ended
    paid bigint not null, -- rounds that won
    won bigint not null,
    waiting bigint not null, -- won, and paid at the end
    over_at bigint not null,
    reason text not null, bonus_id text not null default '',
    primary key (player_id, grant_id),
    constraint free_rounds_waiting_check check (waiting between 0 and won)
) without rowid;

-- Which are over by now?
create index free_rounds_due on free_rounds (expires_at) where state in (1, 2, 3);

-- What points buy, in versions that never change.
create table points_prices (
    player_id text not null, -- empty: a price is no player's
    currency text not null,
    version bigint not null,
    points bigint not null, -- whole ones that buy …
    amount bigint not null, -- … so many ledger units
    published_at bigint not null,
    actor text not null,
    reason text not null,
    primary key (player_id, currency, version)
) without rowid;

-- What a source said currencies were worth.
create table rates (
    player_id text not null, -- empty: rates are no player's
    source text not null,
    as_of bigint not null,
    published_at bigint not null,
    pairs text not null, -- JSON array of [base, counter, rate]
    primary key (player_id, source, as_of)
) without rowid;

-- Promises of a price to a player; one is used once.
create table quotes (
    player_id text not null,
    quote_id text not null,
    source text not null,
    target text not null,
    side smallint not null, -- numbers of wallet.v1.QuoteSide
    given bigint not null,
    credited bigint not null,
    mid text not null, -- decimal
    client text not null, -- decimal
    mid_value bigint not null,
    margin_bps bigint not null,
    rate_source text not null,
    rate_at bigint not null,
    policy_version bigint not null,
    reference text not null,
    volume bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    state smallint not null, -- numbers of wallet.v1.QuoteState
    changed_at bigint not null,
    transaction_id blob not null, refunded bigint not null default 0, taken bigint not null default 0, -- of its execution
    primary key (player_id, quote_id),
    constraint quotes_margin_check check (given > 0 and credited > 0 and mid_value >= credited)
) without rowid;

-- What a player has converted of late, for limits.
create table conversions (
    player_id text not null,
    done text not null, -- JSON array
    primary key (player_id)
) without rowid;

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
) without rowid;

-- Who has taken a bonus for a person, a household, an instrument or a device: nobody else does.
create table takers (
    player_id text not null, -- empty: it is no player's
    scope text not null, -- the bonus, and its period
    per smallint not null, -- numbers of wallet.v1.BonusUniqueness
    digest blob not null, -- of the operator's value, which is nowhere
    holder text not null,
    taken_at bigint not null,
    primary key (player_id, scope, per, digest)
) without rowid;

-- Of a campaign, the windows that a player's cashback has been computed for: no moment counts twice.
create table cashbacks (
    player_id text not null,
    campaign text not null,
    currency text not null,
    covered text not null, -- JSON: [start, end) in microseconds, in order, none touching another
    primary key (player_id, campaign, currency)
) without rowid;
