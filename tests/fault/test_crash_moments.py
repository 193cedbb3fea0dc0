"""Killed with signal 9 around the commits of bonuses, conversions, holds and expiries: all of it is there, or nothing.

As test_crash_points.py, but from outside, and exactly there: a core that ends at the batch of one command, at one step;
then the next core, which is asked the same again, and ends at the command after that.
"""

import asyncio
import json
import signal
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from google.protobuf.duration_pb2 import Duration
from wallet.v1 import fx_pb2, holds_pb2, payments_pb2, policies_pb2, promos_pb2
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.wallet_pb2 import Action, PlayRequest

from tests.fault import cores, raw
from tests.fault.cores import money
from tests.fault.crashing import VARIABLE, Point
from tests.fault.laws import LAWS
from tests.fault.patron import moment
from tests.fault.test_crash_points import CrashingCore
from tests.storage.books import EUR, PROVIDER, opened
from wallet_core.client import Unavailable
from wallet_core.domain.entries import digest
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check

BRAND, PLAYER = "storm", "plain-1"
SIGNED = {"reason": "the storm", "actor": "ann"}
FAR = 600_000_000
"""Microseconds, longer than any test."""

FX = {"ttl": 600, "sources": [{"name": "push", "max_age": 3_600, "weekend_max_age": 3_600}]}
POLICIES = (
    ("brand.licence", "LICENCE", "*", BRAND, "storm-licence"),
    ("licence.regulator", "LICENCE", "*", "storm-licence", "STORM"),
    ("bonus.allowed", "LICENCE", "storm-licence", "", "true"),
    ("bonus.max_active", "BRAND", BRAND, "", "50"),
    ("funding.order", "BRAND", BRAND, "", "BONUS,CASH"),
)


def now():
    return Clock().now()


def gift(request_id, template_id="gift"):
    return promos_pb2.GrantBonusRequest(
        player_id=PLAYER, template_id=template_id, version=1, currency_code="EUR", request_id=request_id, **SIGNED
    )


async def grants(wallet, number):
    return "grant_bonus", gift(f"grant-{number}"), ("~operator", f"grant-{number}")


async def converts(wallet, number):
    """The stake that meets the wagering: it, the conversion and the bonus's end are one commit."""
    bonus = (await wallet.grant_bonus(gift(f"to-convert-{number}", "met"))).bonus
    assert bonus.state == promos_pb2.BONUS_STATE_ACTIVE
    key = f"last-stake-{number}"
    stake = Action(kind=1, external_key=key, amount=money(EUR))
    request = PlayRequest(
        provider_id=PROVIDER, player_id=PLAYER, round_id=key, game_id="slot", actions=[stake], currency_code="EUR"
    )
    return "play", request, (PROVIDER, key)


async def executes(wallet, number):
    wanted = fx_pb2.OpenQuoteRequest(
        player_id=PLAYER, quote_id=f"quote-{number}", sell=money(5 * EUR), currency_code="USD"
    )
    quote = (await wallet.open_quote(wanted)).quote
    key = f"execute-{number}"
    request = fx_pb2.ExecuteQuoteRequest(
        player_id=PLAYER, quote_id=quote.quote_id, source=quote.source, signature=quote.signature, request_id=key
    )
    return "execute_quote", request, ("~fx", key)


async def captures(wallet, number):
    hold_id, key = f"hold-{number}", f"capture-{number}"
    await wallet.place_hold(
        holds_pb2.PlaceHoldRequest(
            player_id=PLAYER,
            hold_id=hold_id,
            amount=money(3 * EUR),
            reason=holds_pb2.HOLD_REASON_DISPUTE,
            basis=holds_pb2.HOLD_BASIS_TERMS,
            clause="terms 7",
            owner="ann",
            case_id=hold_id,
            expires_at=moment(now() + FAR),
        )
    )
    request = holds_pb2.CaptureHoldRequest(
        player_id=PLAYER,
        hold_id=hold_id,
        amount=money(EUR),
        purpose=holds_pb2.CAPTURE_PURPOSE_CORRECTION,
        account="SUSPENSE",
        decision="case 1",
        actor="ann",
        request_id=key,
    )
    return "capture_hold", request, ("~operator", key)


async def withdraws(wallet, number):
    """A withdrawal that takes a bonus with it."""
    await wallet.grant_bonus(gift(f"to-lose-{number}", "lost"))
    key = f"withdrawal-{number}"
    request = payments_pb2.RequestWithdrawalRequest(
        player_id=PLAYER, withdrawal_id=key, amount=money(2 * EUR), forfeits_confirmed=True
    )
    return "request_withdrawal", request, ("~holds", key)


MOMENTS = (grants, converts, executes, captures, withdraws)
"""Each prepares its command, and returns how to ask for it, and under which key it is kept."""


def promotion(group, **terms):
    return promos_pb2.Promotion(
        title="A gift",
        text="Wager it.",
        automatic=True,
        period=promos_pb2.BONUS_PERIOD_GRANT,
        amounts=[promos_pb2.PromotionAmounts(currency_code="EUR", fixed=money(EUR))],
        terms=promos_pb2.BonusTerms(**({"multiplier": 5_000} | terms)),
        places=50,
        group=group,
    )


TEMPLATES = {
    "gift": promotion("gift"),
    "met": promotion("met", multiplier=100, timing=promos_pb2.WAGERING_TIMING_BET, excluded_game_ids=["table"]),
    "lost": promotion("lost", on_withdrawal=promos_pb2.ON_WITHDRAWAL_FORFEIT, excluded_game_ids=["slot"]),
    "brief": promotion("brief", duration=Duration(seconds=1)),
}


def points_of(database):
    """The last step before a commit, and the first after it: PostgreSQL saves and commits by one statement."""
    return [Point.SAVED if database.startswith("sqlite") else Point.DECIDED, Point.COMMITTED]


async def open_house(wallet):
    settings = [
        policies_pb2.PolicySetting(
            key=key,
            layer=f"POLICY_LAYER_{layer}",
            scope=scope,
            of=of,
            value=value,
            clause="the terms" if layer == "LICENCE" else "",
        )
        for key, layer, scope, of, value in POLICIES
    ]
    draft = policies_pb2.DraftPoliciesRequest(draft_id="d", author="ann", reason="the storm", settings=settings)
    await wallet.draft_policies(draft)
    await wallet.approve_policies(policies_pb2.ApprovePoliciesRequest(draft_id="d", approver="bob"))
    for template_id, promised in TEMPLATES.items():
        await wallet.publish_template(
            promos_pb2.PublishTemplateRequest(
                template_id=template_id, version=1, promotion=promised, request_id=template_id, **SIGNED
            )
        )
    rates = [fx_pb2.Rate(base="EUR", counter="USD", mid="1.08")]
    await wallet.publish_rates(fx_pb2.PublishRatesRequest(source="push", as_of=moment(now()), rates=rates))
    who = Player(player_id=PLAYER, operator_id="o", brand_id=BRAND, currency_codes=["EUR", "USD"])
    await wallet.create_player(CreatePlayerRequest(player=who))
    await wallet.deposit(
        payments_pb2.DepositRequest(player_id=PLAYER, amount=money(500 * EUR), psp_id="bank", request_id="first")
    )


@asynccontextmanager
async def asking(core):
    async with cores.caller(core, "OPERATOR", coalesce=False) as wallet:
        yield wallet


def settings(watch_every):
    return {"WALLET_WATCH_EVERY": str(watch_every), "WALLET_FX": json.dumps(FX)}


@pytest.fixture
def crashing(database, tmp_path):
    """Start a core that ends in its so many-th batch, at a point; tell what that batch had asked for."""
    started = []

    async def start(turn, point, watch_every=3_600):
        core = CrashingCore(database, **settings(watch_every), **{VARIABLE: f"{turn} {point} {tmp_path}/last-words"})
        started.append(core)
        await core.start()
        return core

    def asked():
        return {tuple(key) for key in json.loads((tmp_path / "last-words").read_text())}

    yield start, asked
    for core in started:
        assert core.ended_by == -signal.SIGKILL


async def of_key(store, partner, key):
    rows = await store.transactions_by_key(digest(partner, key))
    return [row for row in rows if row.player_id == PLAYER]


async def test_a_crash_around_the_commit_of_a_command_does_all_of_it_once(database, crashing):
    start, asked = crashing
    done = []
    async with cores.core(database, **settings(3_600)) as core, opened(database) as store:
        async with asking(core) as wallet:
            await open_house(wallet)
            orders = [
                (point, await prepare(wallet, f"{number}-{point}"))
                for number, prepare in enumerate(MOMENTS)
                for point in points_of(database)
            ]
        await core.kill()
        for point, (method, request, key) in orders:
            crashed = await start(1 + len(done[-1:]), point)
            async with asking(crashed) as wallet:
                await once_more(wallet, done[-1:])
                asked_for = asyncio.ensure_future(getattr(wallet, method)(request, deadline=60.0))
                await crashed.ended()
                asked_for.cancel()
                with pytest.raises((asyncio.CancelledError, Unavailable)):
                    await asked_for
            assert (PLAYER, digest(*key).hex()) in asked(), key
            found = await of_key(store, *key)
            assert len(found) == (point is Point.COMMITTED), (point, key)
            done.append((method, request, key, [row.transaction_id.hex() for row in found]))
        await core.start()
        async with asking(core) as wallet:
            await once_more(wallet, done)
        assert await check(store) == []
        held = await raw.read(store, {}, {})
        broken = {name: list(law(held)) for name, law in LAWS.items() if name != "points"}  # none earn them here
        assert not any(broken.values()), broken
        for _, _, key, _ in done:
            assert len(await of_key(store, *key)) == 1
        kinds = Counter(row["external_key"].partition(":")[0] for row in held.rows["transactions"])
        assert kinds["convert"] == len(points_of(database))


async def once_more(wallet, done):
    """Ask again: what was stored before the crash is the answer."""
    for method, request, key, stored in done:
        response = await getattr(wallet, method)(request)
        played = getattr(response, "response", response)
        assert played.replayed or not stored, key
        assert stored in ([], [played.results[0].transaction_id.replace("-", "")]), key


async def test_a_crash_around_the_commit_of_an_expiry_expires_it_once(database, crashing):
    start, asked = crashing
    async with cores.core(database, **settings(0.05)) as core, opened(database) as store:
        async with asking(core) as wallet:
            await open_house(wallet)
        await core.kill()
        bonuses, keys, left = [], [], 0
        for point in points_of(database):
            crashed = await start(2 + left, point, 0.05)
            async with asking(crashed) as wallet:
                if bonuses:
                    await expired(wallet, bonuses[-1])
                bonus = (await wallet.grant_bonus(gift(f"brief-{point}", "brief"))).bonus
                bonuses.append(bonus.bonus_id)
            await crashed.ended()
            key = "~bonus", f"expire:{bonus.bonus_id}:{bonus.expires_at.ToMicroseconds()}"
            keys.append(key)
            assert (PLAYER, digest(*key).hex()) in asked()
            found = await of_key(store, *key)
            assert len(found) == (point is Point.COMMITTED)
            left = 1 - len(found)
        await core.start()
        async with asking(core) as wallet:
            for bonus_id in bonuses:
                await expired(wallet, bonus_id)
        assert await check(store) == []
        held = await raw.read(store, {}, {})
        assert [list(LAWS[law](held)) for law in ("I-01", "I-02", "I-08", "I-10")] == [[]] * 4
        for key in keys:
            assert len(await of_key(store, *key)) == 1


async def expired(wallet, bonus_id):
    """Wait until its time is over, and something has been made of it."""
    request = promos_pb2.GetBonusRequest(player_id=PLAYER, bonus_id=bonus_id)
    while (await wallet.get_bonus(request)).bonus.state != promos_pb2.BONUS_STATE_EXPIRED:
        pass
