"""The demo brand: it may grant bonuses, and has two players with money and a session at every provider. Seeding it
again changes nothing.
"""

from collections.abc import Sequence
from itertools import count

from google.protobuf.duration_pb2 import Duration
from msgspec import Struct
from wallet.v1.common_pb2 import Money
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.policies_pb2 import (
    POLICY_LAYER_BRAND,
    ApprovePoliciesRequest,
    DraftPoliciesRequest,
    ExplainPolicyRequest,
    PolicyContext,
    PolicySetting,
)
from wallet.v1.sessions_pb2 import SESSION_STATE_ACTIVE, OpenSessionRequest
from wallet.v1.wallet_pb2 import GetBalanceRequest

from wallet_core.client import Wallet

OPERATOR = BRAND = "demo"
PLAYERS = {"demo-eur": ("EUR", 1_000), "demo-jpy": ("JPY", 100_000)}
BONUSES = "bonus.allowed"
TTL = Duration(seconds=30 * 24 * 3_600)
NANO_DIGITS = 9


class DemoPlayer(Struct):
    """A player, as `up` tells of it.

    Attributes:
        sessions: tokens by provider id.
    """

    player_id: str
    currency: str
    balance: str
    sessions: dict[str, str]


async def seed(wallet: Wallet, providers: Sequence[str]) -> list[DemoPlayer]:
    """Make what is missing; return the players as they stand."""
    await _allow_bonuses(wallet)
    found = []
    for player_id, (currency, amount) in PLAYERS.items():
        player = Player(player_id=player_id, operator_id=OPERATOR, brand_id=BRAND, currency_codes=[currency])
        await wallet.create_player(CreatePlayerRequest(player=player))
        money = Money(currency_code=currency, units=amount)
        await wallet.deposit(
            DepositRequest(player_id=player_id, amount=money, psp_id="demo", request_id=f"first:{player_id}")
        )
        sessions = {provider_id: await _session(wallet, player_id, provider_id) for provider_id in providers}
        reply = await wallet.get_balance(GetBalanceRequest(player_id=player_id))
        balance = _text(reply.balances.cash, reply.display_digits)
        found.append(DemoPlayer(player_id, currency, balance, sessions))
    return found


async def _allow_bonuses(wallet: Wallet) -> None:
    """Publish that the brand may grant bonuses, unless somebody has said whether it may."""
    asked = ExplainPolicyRequest(key=BONUSES, context=PolicyContext(brand_id=BRAND))
    if (await wallet.explain_policy(asked)).considered:
        return
    setting = PolicySetting(key=BONUSES, layer=POLICY_LAYER_BRAND, scope=BRAND, value="true")
    draft_id = f"{BRAND}:{BONUSES}"
    reason = "A brand for which nobody says so grants none"
    await wallet.draft_policies(DraftPoliciesRequest(draft_id=draft_id, author="up", reason=reason, settings=[setting]))
    await wallet.approve_policies(ApprovePoliciesRequest(draft_id=draft_id, approver=f"{BRAND} brand"))


async def _session(wallet: Wallet, player_id: str, provider_id: str) -> str:
    """Return the token of the first demo session that is still live; a new one when the last is over."""
    for number in count(1):
        reply = await wallet.open_session(
            OpenSessionRequest(player_id=player_id, provider_id=provider_id, ttl=TTL, request_id=f"demo:{number}")
        )
        if reply.session.state == SESSION_STATE_ACTIVE:
            return reply.token
    raise AssertionError


def _text(money: Money, digits: int) -> str:
    """Return an amount with at least `digits` decimals, and all it has."""
    fraction = f"{abs(money.nanos):0{NANO_DIGITS}d}".rstrip("0").ljust(digits, "0")
    sign = "-" if money.units < 0 or money.nanos < 0 else ""
    return f"{sign}{abs(money.units)}.{fraction}" if fraction else f"{sign}{abs(money.units)}"
