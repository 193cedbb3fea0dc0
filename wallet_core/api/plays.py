"""Play requests to commands. The hot path: plain code, one look at each field.

What is malformed is found before anything else is asked (R-PROV-02): first the shape, then the currency and amounts.
"""

from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import ACTION_KIND_BET, ACTION_KIND_NOTE, CloseRoundRequest, PlayRequest
from wallet.v1.wallet_pb2 import Action as WireAction

from wallet_core.api import fields
from wallet_core.api.providers import Providers
from wallet_core.domain.commands import Action, Play, Terms
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Category, Kind, digest
from wallet_core.domain.money import Currency
from wallet_core.domain.policies import Policies

WHOLE = 10_000
"""Basis points of a whole."""

ACTIONS_MAX = 100
NO_POLICIES = Policies()
CATEGORIES = {int(category): category for category in Category} | {0: Category.GAME}
KINDS = {int(kind): kind for kind in (Kind.BET, Kind.WIN, Kind.ROLLBACK, Kind.NOTE, Kind.AMEND)}
NEEDS_AMOUNT = frozenset({Kind.BET, Kind.WIN, Kind.AMEND})
NEEDS_REFERENCE = frozenset({Kind.ROLLBACK, Kind.AMEND})


def play(request: PlayRequest, providers: Providers, terms: Terms, policies: Policies = NO_POLICIES) -> Play:
    """Return the command of a request, its player as the request says it.

    Raises:
        Refused: INVALID_REQUEST, UNKNOWN_CURRENCY, INVALID_PRECISION, INVALID_AMOUNT or UNKNOWN_PROVIDER.
    """
    actions = request.actions
    if not 1 <= len(actions) <= ACTIONS_MAX:
        raise fields.invalid(f"actions: 1 to {ACTIONS_MAX} are needed.")
    _who(request)
    code = _shape(request)
    currency = fields.currency(code) if code else None
    provider_id = request.provider_id
    built = tuple(_action(action, index, provider_id, currency) for index, action in enumerate(actions))
    provider = providers.named(provider_id)
    return Play(
        player_id=request.player_id,
        provider_id=provider_id,
        actions=built,
        profile=provider.profile,
        currency=code,
        original_key=request.original_key if not code else "",
        session_id=session_id(request.session_token) if request.session_token else b"",
        round_id=fields.text(request.round_id, "round_id"),
        game_id=fields.text(request.game_id, "game_id"),
        close_round=request.close_round,
        operator_id=request.operator_id,
        brand_id=request.brand_id,
        batch_id=fields.text(request.batch_id, "batch_id"),
        occurred_at=fields.moment(request.occurred_at, "occurred_at") if request.HasField("occurred_at") else 0,
        game_ids=provider.game_ids,
        terms=terms,
        policies=policies,
        choice=fields.text(request.choice, "choice"),
    )


def closing(request: CloseRoundRequest) -> PlayRequest:
    """Return the play that a CloseRound is: a note under its key that closes the round."""
    fields.key(request.round_id, "round_id")
    return PlayRequest(
        provider_id=request.provider_id,
        player_id=request.player_id,
        session_token=request.session_token,
        original_key=request.original_key,
        round_id=request.round_id,
        operator_id=request.operator_id,
        brand_id=request.brand_id,
        currency_code=request.currency_code,
        close_round=True,
        actions=[WireAction(kind=ACTION_KIND_NOTE, external_key=request.external_key)],
    )


def session_id(token: str) -> bytes:
    """Return what the books know of a token."""
    return digest("session", token)


def _who(request: PlayRequest) -> None:
    fields.party_id(request.provider_id, "provider_id")
    if request.player_id:
        fields.player_id(request.player_id)
    fields.text(request.session_token, "session_token")
    if request.original_key:
        fields.key(request.original_key, "original_key")
    fields.text(request.operator_id, "operator_id")
    fields.text(request.brand_id, "brand_id")


def _shape(request: PlayRequest) -> str:
    """Pass the actions' shape; return the one currency of the play and its amounts, empty where none names it."""
    code = request.currency_code
    keys = set()
    for index, action in enumerate(request.actions):
        code = _shape_of(action, f"actions[{index}]", code)
        keys.add(action.external_key)
    if len(keys) < len(request.actions):
        raise fields.invalid("actions: two have the same external_key.")
    if not request.round_id and (
        request.close_round or any(action.kind == ACTION_KIND_BET for action in request.actions)
    ):
        raise fields.invalid("round_id: a BET needs one, and so does close_round.")
    return code


def _shape_of(action: WireAction, field: str, code: str) -> str:
    kind = KINDS.get(action.kind)
    if kind is None:
        raise fields.invalid(f"{field}.kind: BET, WIN, ROLLBACK, NOTE or AMEND is needed.")
    fields.key(action.external_key, "external_key")
    references = action.references
    if len(references) > ACTIONS_MAX or (kind in NEEDS_REFERENCE and len(references) != 1):
        raise fields.invalid(f"{field}.references: one for a ROLLBACK or AMEND; at most {ACTIONS_MAX} for the others.")
    for reference in references:
        fields.key(reference, "references")
    if action.category not in CATEGORIES:
        raise fields.invalid(f"{field}.category: not one of wallet.v1.Category.")
    if action.HasField("amount"):
        code = _same(code, action.amount.currency_code, f"{field}.amount")
    elif kind in NEEDS_AMOUNT:
        raise fields.invalid(f"{field}.amount: {kind.name} needs one.")
    if action.HasField("minimum_balance"):
        if kind is not Kind.BET:
            raise fields.invalid(f"{field}.minimum_balance: only a BET has one.")
        code = _same(code, action.minimum_balance.currency_code, f"{field}.minimum_balance")
    return code


def _same(code: str, found: str, field: str) -> str:
    if code and found and found != code:
        raise fields.invalid(f"{field}.currency_code: not that of the others; a play has one currency.")
    return found or code


def _units(amount: Money, currency: Currency | None, field: str) -> int:
    """Return an amount in ledger units; in nanos where the currency is to be found in the books."""
    return fields.nanos(amount, field) if currency is None else fields.amount(amount, currency, field)


def _action(action: WireAction, index: int, provider_id: str, currency: Currency | None) -> Action:
    kind = KINDS[action.kind]
    amount, minimum = None, 0
    if kind is not Kind.NOTE:
        if action.HasField("amount"):
            amount = _units(action.amount, currency, f"actions[{index}].amount")
        if action.HasField("minimum_balance"):
            minimum = _units(action.minimum_balance, currency, f"actions[{index}].minimum_balance")
    external_key = action.external_key
    built = Action(
        kind=kind,
        external_key=external_key,
        key=digest(provider_id, external_key),
        amount=amount,
        category=CATEGORIES[action.category],
        references=tuple(action.references),
        minimum_balance=minimum,
        info=fields.info(action.info, f"actions[{index}].info"),
        grant=fields.text(action.free_rounds_id, f"actions[{index}].free_rounds_id"),
        odds=action.odds_hundredths,
        void=action.void_bps,
    )
    if action.odds_hundredths < 0 or not 0 <= action.void_bps <= WHOLE:
        raise fields.invalid(f"actions[{index}]: odds_hundredths is at least 0, void_bps 0 to {WHOLE}.")
    if built.grant and kind not in {Kind.BET, Kind.WIN}:
        raise fields.invalid(f"actions[{index}].free_rounds_id: only bets and wins are of free rounds.")
    if minimum < 0 or (amount is not None and amount < 0 and not built.signed):
        raise Refused(Reason.INVALID_AMOUNT, f"actions[{index}]: amounts are not negative; the kind is the sign.")
    return built
