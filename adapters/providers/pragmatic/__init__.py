"""Pragmatic Play, seamless wallet: forms with an MD5 of their sorted fields in, JSON out, always with status 200."""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1.common_pb2 import Money
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_ADJUSTMENT,
    CATEGORY_BONUS,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
    CATEGORY_PROMO,
    Action,
    Category,
    CloseRoundRequest,
    GetBalanceRequest,
    PlayRequest,
    PlayResponse,
)

from adapters import digests, money
from adapters.faults import Fault, Rejected
from adapters.forms import form_pairs, form_words, raw_pairs
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.pragmatic import answers, words
from adapters.providers.pragmatic.settings import Settings
from adapters.providers.pragmatic.words import ERRORS, RETRY, RETRY_END_ROUND

__all__ = ["Settings", "connect"]

_HASH = "hash"
_MAX_FIELDS = 64
_END_ROUND = "endRound"
# A reference is unique within its method; that of a refund is its bet's.
_BET = "bet:"
_VOID = "void:"


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Pragmatic":
    return Pragmatic(provider_id, secrets, settings)


class Pragmatic:
    """The operator's end of the seamless wallet. Methods are served with and without the vendor's `.html`."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        methods: dict[str, Callable[[Request], Call]] = {
            "authenticate": self._authenticate,
            "balance": self._balance,
            "bet": self._bet,
            "result": self._result,
            "bonusWin": self._bonus_win,
            "jackpotWin": self._jackpot_win,
            "promoWin": self._promo_win,
            _END_ROUND: self._end_round,
            "refund": self._refund,
            "adjustment": self._adjustment,
        }
        self.endpoints = tuple(
            Endpoint(name, "POST", f"{settings.prefix}/{name}{suffix}", read)
            for name, read in methods.items()
            for suffix in ("", ".html")
        )

    def verify(self, request: Request) -> None:
        """MD5 of the fields, sorted by name, and the key. Values are the text that was sent: `100.0` stays `100.0`."""
        decoded = form_pairs(request, _MAX_FIELDS)
        given = dict(decoded).get(_HASH, "")
        texts = [_signed_text(decoded)] if self._settings.hash_values != "escaped" else []
        if self._settings.hash_values != "decoded":
            texts.append(_signed_text(raw_pairs(request)))
        candidates = [digests.digest("md5", text, secret) for text in texts for secret in self._secrets]
        if not digests.matches(given, candidates):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the method's name."""
        code, message = ERRORS[no.code]
        if code == RETRY and words == _END_ROUND:
            code = RETRY_END_ROUND
        return answers.said({"error": code, "description": f"{message}: {no.detail}" if no.detail else message})

    def _authenticate(self, request: Request) -> Call:
        asked = form_words(request, words.Authenticate)
        ask = ResolveSessionRequest(
            provider_id=self._provider_id,
            token=asked.token,
            use=SESSION_USE_READ,
            currency_code=self._settings.currency,
        )
        return Call(ask, self._authenticated)

    def _authenticated(self, reply: ResolveSessionResponse) -> Answer:
        player_id = reply.player.player_id
        members: dict[str, Any] = {
            "userId": player_id if self._settings.currency else f"{reply.balances.shown.currency_code}.{player_id}",
            "token": reply.token,
        }
        if reply.player.country:
            members["country"] = reply.player.country
        return answers.done(members | answers.purse(reply.balances, reply.display_digits))

    def _who(self, user_id: str) -> tuple[str, str]:
        """The player and the currency that a userId of ours stands for."""
        if self._settings.currency:
            return user_id, self._settings.currency
        currency, dot, player_id = user_id.partition(".")
        if not (dot and currency and player_id):
            raise Rejected("PLAYER_UNKNOWN")
        return player_id, currency

    def _balance(self, request: Request) -> Call:
        asked = form_words(request, words.Balance)
        player_id, currency = self._who(asked.user_id)
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=player_id, currency_code=currency)
        return Call(ask, answers.balance_only)

    def _bet(self, request: Request) -> Call:
        asked = form_words(request, words.Bet)
        _, currency = self._who(asked.user_id)
        amount = money.parse(asked.amount, currency)
        info = _info(asked, "bonus_code", "platform", "jackpot_id", "jackpot_contribution")
        free = asked.bonus_code != "" and self._settings.bonus_code_bets == "free"
        if free and (amount.units or amount.nanos):
            info["amount"] = asked.amount
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_BET + asked.reference,
            # A free round's stake of nothing opens the round, so that its results are paid.
            amount=Money(currency_code=currency) if free else amount,
            category=CATEGORY_FREE_ROUND if free else CATEGORY_GAME,
            info=info,
            free_rounds_id=self._grant(asked),
        )
        played = {"round_id": asked.round_id, "game_id": asked.game_id, "token": asked.token}
        return self._play(asked, [action], answers.staked, **played)

    def _result(self, request: Request) -> Call:
        asked = form_words(request, words.Result)
        info = _info(asked, "bonus_code", "platform")
        actions = [self._win(asked, "win:", CATEGORY_GAME, info)]
        actions[0].free_rounds_id = self._grant(asked)
        _, currency = self._who(asked.user_id)
        promo = money.parse(asked.promo_win_amount or "0", currency)
        if asked.promo_win_reference:
            action = Action(
                kind=ACTION_KIND_WIN,
                external_key="result-promo:" + asked.promo_win_reference,
                amount=promo,
                category=CATEGORY_PROMO,
                info=_info(asked, "promo_campaign_id", "promo_campaign_type"),
            )
            actions.append(action)
        elif promo.units or promo.nanos:
            raise Rejected("INVALID_REQUEST", "promoWinAmount comes with a promoWinReference")
        return self._play(asked, actions, answers.moved, round_id=asked.round_id, game_id=asked.game_id)

    def _bonus_win(self, request: Request) -> Call:
        asked = form_words(request, words.BonusWin)
        info = _info(asked, "bonus_code")
        action = self._win(asked, "bonus:", CATEGORY_BONUS, info)
        if self._settings.bonus_win_credits:
            action.free_rounds_id = self._grant(asked)
        else:
            action.kind = ACTION_KIND_NOTE
            action.ClearField("amount")
            action.info["amount"] = asked.amount
        return self._play(asked, [action], answers.moved, round_id=asked.round_id, game_id=asked.game_id)

    def _jackpot_win(self, request: Request) -> Call:
        asked = form_words(request, words.JackpotWin)
        action = self._win(asked, "jackpot:", CATEGORY_JACKPOT, _info(asked, "jackpot_id"))
        return self._play(asked, [action], answers.moved, round_id=asked.round_id, game_id=asked.game_id)

    def _promo_win(self, request: Request) -> Call:
        asked = form_words(request, words.PromoWin)
        if asked.currency != self._who(asked.user_id)[1]:
            raise Rejected("WRONG_CURRENCY")
        action = self._win(asked, "promo:", CATEGORY_PROMO, _info(asked, "campaign_id", "campaign_type"))
        return self._play(asked, [action], answers.moved)

    def _adjustment(self, request: Request) -> Call:
        """Signed: what is below zero is taken, and what of it the player has not got he owes."""
        asked = form_words(request, words.Adjustment)
        action = self._win(asked, "adjustment:", CATEGORY_ADJUSTMENT, _info(asked, "valid_bet_amount"))
        return self._play(asked, [action], answers.moved, round_id=asked.round_id, game_id=asked.game_id)

    def _end_round(self, request: Request) -> Call:
        asked = form_words(request, words.EndRound)
        player_id, _ = self._who(asked.user_id)
        ask = CloseRoundRequest(
            provider_id=self._provider_id,
            player_id=player_id,
            round_id=asked.round_id,
            external_key="end:" + asked.round_id,
        )
        return Call(ask, answers.ended, _END_ROUND)

    def _refund(self, request: Request) -> Call:
        asked = form_words(request, words.Refund)
        player_id, currency = self._who(asked.user_id)
        key = _BET + asked.reference
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=player_id,
            currency_code=currency,
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])],
        )
        return Call(ask, answers.refunded)

    def _grant(self, asked: words.Bet | words.Result | words.BonusWin) -> str:
        return asked.bonus_code if self._settings.grants else ""

    def _win(self, asked: words.Movement, kind: str, category: Category.ValueType, info: dict[str, str]) -> Action:
        _, currency = self._who(asked.user_id)
        return Action(
            kind=ACTION_KIND_WIN,
            external_key=kind + asked.reference,
            amount=money.parse(asked.amount, currency),
            category=category,
            info=info,
        )

    def _play(
        self,
        asked: words.Movement,
        actions: Sequence[Action],
        write: Callable[[PlayResponse], Answer],
        *,
        round_id: str = "",
        game_id: str = "",
        token: str = "",
    ) -> Call:
        player_id, currency = self._who(asked.user_id)
        seconds, millis = divmod(int(asked.timestamp), 1000)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=player_id,
            session_token=token,
            currency_code=currency,
            round_id=round_id,
            game_id=game_id,
            actions=actions,
            occurred_at=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
        )
        return Call(ask, write)


def _signed_text(pairs: Sequence[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != _HASH).encode()


def _info(asked: words.Form, *members: str) -> dict[str, str]:
    """What is kept with the transaction, under our names."""
    return {name: value for name in members if (value := getattr(asked, name))}
