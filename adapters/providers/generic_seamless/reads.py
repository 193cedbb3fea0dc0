"""The dialect's requests as questions to the core."""

from functools import partial

from msgspec import UNSET
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    Action,
    Category,
    CloseRoundRequest,
    GetBalanceRequest,
    GetTransactionRequest,
    PlayRequest,
)

from adapters import money
from adapters.decoding import json_words, query_words
from adapters.faults import Rejected
from adapters.provider import Answer, Call, No, Request
from adapters.providers.generic_seamless import answers, words
from adapters.providers.generic_seamless.answers import KEY


def balance(provider_id: str, request: Request) -> Call:
    asked = json_words(request, words.Balance)
    _somebody(asked)
    ask = GetBalanceRequest(
        provider_id=provider_id,
        player_id=asked.player_id,
        session_token=asked.token,
        currency_code=asked.currency,
    )
    return Call(ask, answers.balance)


def bet(provider_id: str, request: Request) -> Call:
    bet = json_words(request, words.Bet)
    return Call(_play_request(provider_id, bet, [_bet_action(bet, bet.currency)]), answers.moved)


def win(provider_id: str, request: Request) -> Call:
    win = json_words(request, words.Win)
    _somebody(win)
    return Call(_play_request(provider_id, win, [_win_action(win, win.currency, win.bets)]), answers.moved)


def play(provider_id: str, request: Request) -> Call:
    play = json_words(request, words.Play)
    _somebody(play)
    if not play.token and any(isinstance(action, words.PlayBet) for action in play.actions):
        raise Rejected("INVALID_REQUEST", "a bet needs `token`")
    return Call(
        _play_request(provider_id, play, [_action(action, play.currency) for action in play.actions]), answers.moved
    )


def rollback(provider_id: str, request: Request) -> Call:
    rollback = json_words(request, words.Rollback)
    if rollback.amount is not UNSET and not rollback.currency:
        raise Rejected("INVALID_REQUEST", "`amount` needs `currency`")
    ask = PlayRequest(
        provider_id=provider_id,
        player_id=rollback.player_id,
        session_token=rollback.token,
        # Nobody is named: whoever the transaction belongs to.
        original_key="" if rollback.player_id or rollback.token else KEY + rollback.reference,
        currency_code=rollback.currency,
        actions=[_rollback_action(rollback, rollback.currency)],
    )
    return Call(ask, answers.moved)


def close(provider_id: str, request: Request) -> Call:
    close = json_words(request, words.CloseRound)
    _somebody(close)
    ask = CloseRoundRequest(
        provider_id=provider_id,
        player_id=close.player_id,
        session_token=close.token,
        round_id=close.round_id,
        external_key=KEY + close.transaction_id,
    )
    return Call(ask, answers.moved)


def credit_batch(provider_id: str, request: Request) -> Call | Answer:
    """The batch stands or falls as a message; an amount that is no amount is its own item's error."""
    batch = json_words(request, words.CreditBatch)
    plays: list[PlayRequest] = []
    outcomes: list[No | None] = []
    for credit in batch.credits:
        try:
            action = _win_action(credit, credit.currency, [])
        except Rejected as rejected:
            outcomes.append(No(rejected.code, rejected.detail))
            continue
        outcomes.append(None)
        plays.append(
            PlayRequest(
                provider_id=provider_id,
                player_id=credit.player_id,
                currency_code=credit.currency,
                round_id=credit.round_id,
                game_id=credit.game_id,
                actions=[action],
                batch_id=batch.batch_id,
            )
        )
    items = [credit.transaction_id for credit in batch.credits]
    if not plays:
        return answers.credit_batch(batch.batch_id, items, outcomes, [])
    return Call(plays, partial(answers.credit_batch, batch.batch_id, items, outcomes))


def transaction(provider_id: str, request: Request) -> Call:
    query = query_words(request, words.TransactionQuery)
    ask = GetTransactionRequest(
        provider_id=provider_id, external_key=KEY + query.transaction_id, player_id=query.player_id
    )
    return Call(ask, answers.transaction)


def _somebody(asked: words.Balance | words.Win | words.Play | words.CloseRound) -> None:
    if not (asked.player_id or asked.token):
        raise Rejected("INVALID_REQUEST", "`player_id` or `token` is needed")


def _play_request(provider_id: str, asked: words.Bet | words.Win | words.Play, actions: list[Action]) -> PlayRequest:
    return PlayRequest(
        provider_id=provider_id,
        player_id=asked.player_id,
        session_token=asked.token,
        currency_code=asked.currency,
        round_id=asked.round_id,
        game_id=asked.game_id,
        close_round=asked.close_round,
        actions=actions,
    )


def _action(action: words.PlayBet | words.PlayWin | words.PlayRollback, currency: str) -> Action:
    if isinstance(action, words.PlayRollback):
        return _rollback_action(action, currency)
    if isinstance(action, words.PlayWin):
        return _win_action(action, currency, action.bets)
    return _bet_action(action, currency)


def _bet_action(bet: words.Bet | words.PlayBet, currency: str) -> Action:
    return Action(
        kind=ACTION_KIND_BET,
        external_key=KEY + bet.transaction_id,
        amount=money.parse(bet.amount, currency),
        category=CATEGORY_GAME,
        free_rounds_id=bet.free_rounds_id,
    )


def _win_action(win: words.Win | words.PlayWin | words.Credit, currency: str, bets: list[str]) -> Action:
    return Action(
        kind=ACTION_KIND_WIN,
        external_key=KEY + win.transaction_id,
        amount=money.parse(win.amount, currency),
        category=Category.Value(f"CATEGORY_{win.category.upper()}"),
        references=[KEY + bet for bet in bets],
        free_rounds_id=win.free_rounds_id,
    )


def _rollback_action(rollback: words.Rollback | words.PlayRollback, currency: str) -> Action:
    return Action(
        kind=ACTION_KIND_ROLLBACK,
        external_key=KEY + rollback.transaction_id,
        amount=None if rollback.amount is UNSET else money.parse(rollback.amount, currency),
        references=[KEY + rollback.reference],
    )
