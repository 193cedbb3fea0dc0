"""An evening of one player, through a real core and three real adapters, and its statement, explained line by line.

What the player must have after each step stands in EVENING, worked out by hand.
"""

import asyncio
import itertools
import json
import time
from collections import Counter
from decimal import Decimal

import aiohttp
import msgspec
import pytest
import yarl
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import free_rounds_pb2, fx_pb2, holds_pb2, payments_pb2, points_pb2, policies_pb2, promos_pb2
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest
from wallet.v1.wallet_pb2 import GetBalanceRequest

from adapters.conformance.dialect import Move, Seat
from adapters.conformance.wires import Reply, posted
from adapters.demo import dialects_by_protocol
from tests.e2e.test_commands import ran
from tests.e2e.test_up import up
from tests.support.core import money
from wallet_core.cli.statement import text_of
from wallet_core.client import Wallet

pytestmark = pytest.mark.timeout(180)

ADAPTERS = ("generic_seamless", "pragmatic", "evolution")
PLAYER, BRAND, GRANT = "ada", "evening", "spins-1"
GAMES = {"generic_seamless": "dice", "pragmatic": "sweets", "evolution": "roulette"}
SECOND = 1_000_000
TERMS = {"author": "ann", "reason": "the evening opens"}

# Bonus money first; at the tables as the pockets stand to each other; a point for each euro of cash; 1 % to convert.
POLICIES = (
    ("brand.licence", "LICENCE", "*", BRAND, "the-licence"),
    ("licence.regulator", "LICENCE", "*", "the-licence", "DEMO"),
    ("bonus.allowed", "LICENCE", "the-licence", "", "true"),
    ("funding.order", "BRAND", BRAND, "", "BONUS,CASH"),
    ("funding.mode", "PRODUCT", f"{BRAND}/LIVE", "", "PROPORTIONAL"),
    ("game.product", "PRODUCT", "*", "evolution/*", "LIVE"),
    ("points.rate", "BRAND", BRAND, "EUR", "100"),
    ("fx.margin_bps", "BRAND", BRAND, "", "100"),
    ("fx.weekend_bps", "BRAND", BRAND, "", "0"),
)

WELCOME = promos_pb2.Promotion(
    title="Welcome",
    text="A fifth of your deposit. Wager it twice.",
    trigger=promos_pb2.BONUS_TRIGGER_DEPOSIT,
    percent=2_000,
    amounts=[promos_pb2.PromotionAmounts(currency_code="EUR", most=money("50"), max_bet=money("10"), cap=money("100"))],
    terms=promos_pb2.BonusTerms(
        multiplier=200, counts=promos_pb2.WAGERING_COUNTS_BONUS_PART, excluded_game_ids=["craps"]
    ),
)
GIFT = promos_pb2.Promotion(
    title="A gift",
    text="For a second.",
    automatic=True,
    amounts=[promos_pb2.PromotionAmounts(currency_code="EUR", fixed=money("5"))],
    terms=promos_pb2.BonusTerms(multiplier=1_000, duration=Duration(seconds=1)),
)


class Purse(msgspec.Struct, frozen=True):
    """What the player has: euros but for `dollars` and `points`; `open` is what waits in rounds."""

    cash: str
    bonus: str = "0"
    open: str = "0"
    held: str = "0"
    dollars: str = "0"
    points: str = "0"

    def counted(self):
        return tuple(map(Decimal, msgspec.structs.astuple(self)))


EVENING = (
    ("deposits 100.00", Purse("100")),
    ("claims a fifth on top", Purse("100", "20")),
    # 10.00 of bonus, wins 8.00 to it.
    ("plays dice", Purse("100", "18")),
    # 5.90 of 100 + 18 is 5.00 + 0.90; wins 11.80 as 10.00 + 1.80; five euros of cash are five points.
    ("plays roulette", Purse("105", "18.90", points="5")),
    ("loses at sweets", Purse("105", "8.90", points="5")),
    # Its terms exclude the game: 5.00 of cash, won back.
    ("plays what the bonus may not", Purse("105", "8.90", points="10")),
    # 8.90 of bonus and 1.10 of cash; wins 20.00 as 17.80 + 2.20.
    ("mixes at dice", Purse("106.10", "17.80", points="11.1")),
    ("leaves sweets open", Purse("106.10", "12.80", "5", points="11.1")),
    # Wagered so far 10.00 + 0.90 + 10.00 + 8.90 + 10.00 of 40.00.
    ("goes on at dice", Purse("106.10", "3.80", "5", points="11.1")),
    # The last 0.20; what is left, 3.60, is cash now.
    ("meets the wagering", Purse("109.70", open="5", points="11.1")),
    ("has the open stake back, as cash", Purse("114.70", points="11.1")),
    ("loses cash at roulette", Purse("94.70", points="31.1")),
    # 50.00 at 1.08 less 1 % is 53.46.
    ("converts to dollars", Purse("44.70", dollars="53.46", points="31.1")),
    ("wins with free rounds", Purse("47.70", dollars="53.46", points="31.1")),
    ("lets a gift expire", Purse("47.70", dollars="53.46", points="31.1")),
    ("is held", Purse("37.70", held="10", dollars="53.46", points="31.1")),
    ("is released", Purse("47.70", dollars="53.46", points="31.1")),
    # 100 points are 1.00.
    ("redeems points", Purse("47.90", dollars="53.46", points="11.1")),
    ("withdraws 30.00", Purse("17.90", dollars="53.46", points="11.1")),
)

POCKETS = (
    *(("CASH", "EUR"), ("BONUS", "EUR"), ("IN_PLAY", "EUR"), ("HELD", "EUR")),
    *(("CASH", "USD"), ("POINTS", "PTS")),
)
# In turn: WATERFALL at the games, PROPORTIONAL at the tables; and what free rounds are.
STAKES = [
    *("R-FUND-05", "R-FUND-06", "R-FUND-05", "R-FUND-05", "R-FUND-05", "R-FUND-05", "R-FUND-05", "R-FUND-05"),
    *("R-FUND-05", "R-FREE-03", "R-FREE-03"),
]
KINDS = {
    "DEPOSIT": 1,
    "BONUS_STATE": 1,  # the offer
    "BONUS_GRANT": 2,
    "BONUS_CONVERSION": 1,
    "BONUS_FORFEIT": 1,
    "ROLLBACK": 1,
    "FX": 1,
    "FREE_ROUNDS": 2,
    "HOLD": 1,
    "HOLD_RELEASE": 1,
    "POINTS_REDEMPTION": 1,
    "WITHDRAWAL": 1,
    "BET": 11,
}


class Evening:
    """The player's hands, the operator's, and the providers'."""

    def __init__(self, running, wallet, http):
        self.running, self.wallet, self.http = running, wallet, http
        self.dialects = {name: dialects_by_protocol()[name] for name in ADAPTERS}
        self.seats = {}
        self.ids = itertools.count(1)
        self.left_open = None

    async def open(self):
        await self.wallet.create_player(
            CreatePlayerRequest(
                player=Player(player_id=PLAYER, operator_id="house", brand_id=BRAND, currency_codes=["EUR", "USD"])
            )
        )
        for name, game in GAMES.items():
            session = OpenSessionRequest(player_id=PLAYER, provider_id=name, currency_code="EUR", request_id=name)
            self.seats[name] = Seat(PLAYER, (await self.wallet.open_session(session)).token, "EUR", game)
        settings = [
            policies_pb2.PolicySetting(
                key=key,
                layer=policies_pb2.PolicyLayer.Value(f"POLICY_LAYER_{layer}"),
                scope=scope,
                of=of,
                value=value,
                clause="the terms" if layer == "LICENCE" else "",
            )
            for key, layer, scope, of, value in POLICIES
        ]
        draft = policies_pb2.DraftPoliciesRequest(draft_id="evening", settings=settings, **TERMS)
        await self.wallet.draft_policies(draft)
        await self.wallet.approve_policies(policies_pb2.ApprovePoliciesRequest(draft_id="evening", approver="bob"))
        for template_id, promotion in (("welcome", WELCOME), ("gift", GIFT)):
            await self.wallet.publish_template(
                promos_pb2.PublishTemplateRequest(
                    template_id=template_id, version=1, promotion=promotion, **self.signed(template_id)
                )
            )
        await self.wallet.publish_points_price(
            points_pb2.PublishPointsPriceRequest(version=1, points=100, amount=money("1"), **self.signed("price"))
        )

    def signed(self, request_id):
        return {"reason": "the evening", "actor": "ann", "request_id": request_id}

    async def purse(self):
        euros = await self.wallet.get_balance(GetBalanceRequest(player_id=PLAYER, currency_code="EUR"))
        dollars = await self.wallet.get_balance(GetBalanceRequest(player_id=PLAYER, currency_code="USD"))
        points = (await self.wallet.get_points(points_pb2.GetPointsRequest(player_id=PLAYER))).points
        found = Counter()
        for part in euros.pockets:
            found[part.pocket.partition(":")[0]] += amount_of(part.amount)
        in_play = found["IN_PLAY"] + found["IN_PLAY_BONUS"]
        parts = found["CASH"], found["BONUS"], in_play, found["HELD"], amount_of(dollars.balances.cash)
        return tuple(map(Decimal, (*parts, amount_of(points))))

    async def says(self, name, kind, move, **more):
        """Have a provider say it, signed with the key `up` has told, and be answered yes."""
        dialect = self.dialects[name]
        secret = self.running.told["demo"]["secrets"][name].encode()
        wire = getattr(dialect, kind)(move)
        if more:
            wire = posted(wire.target, json.loads(wire.body) | more)
        wire = dialect.sign(wire, secret, time.time())
        url = yarl.URL(self.running.told["adapters"][name] + wire.target, encoded=True)
        async with self.http.request(wire.method, url, data=wire.body or None, headers=wire.headers) as answer:
            body = await answer.read()
            said = dialect.read(Reply(answer.status, answer.headers["Content-Type"], body))
        assert said.ok, (name, kind, body)

    def move(self, seat, kind, amount="0", round_="", of=None, *, closes=False):
        identity = f"{next(self.ids):032x}"
        return Move(
            kind=kind,
            seat=self.seats[seat],
            id=identity,
            round=round_ or f"{next(self.ids):032x}",
            amount=amount,
            currency="EUR",
            of=of,
            closes=closes,
        )

    async def bet(self, name, amount, seat="", **more):
        bet = self.move(seat or name, "bet", amount)
        await self.says(name, "bet", bet, **more)
        return bet

    async def plays(self, name, stake, win, seat="", **more):
        """A round from stake to end, as that provider ends its rounds; `more` is said beside what its dialect says."""
        bet = await self.bet(name, stake, seat, **more)
        await self.says(name, "win", self.move(seat or name, "win", win, bet.round, bet, closes=True), **more)
        if name == "pragmatic":
            await self.says(name, "close", self.move(name, "close", "0", bet.round))

    async def deposits_100_00(self):
        request = payments_pb2.DepositRequest(
            player_id=PLAYER, amount=money("100"), psp_id="bank", request_id="deposit"
        )
        await self.wallet.deposit(request)

    async def claims_a_fifth_on_top(self):
        deposit = promos_pb2.DepositReference(psp_id="bank", request_id="deposit")
        offer = promos_pb2.OfferBonusRequest(
            player_id=PLAYER, template_id="welcome", version=1, currency_code="EUR", **self.signed("offer")
        )
        bonus = (await self.wallet.offer_bonus(offer)).bonus
        claim = promos_pb2.ClaimBonusRequest(
            player_id=PLAYER,
            bonus_id=bonus.bonus_id,
            accepted_digest=bonus.digest,
            deposit=deposit,
            request_id="claim",
        )
        claimed = (await self.wallet.claim_bonus(claim)).bonus
        assert claimed.state == promos_pb2.BONUS_STATE_ACTIVE
        assert claimed.requirement == money("40")

    async def plays_dice(self):
        await self.plays("generic_seamless", "10.00", "8.00")

    async def plays_roulette(self):
        await self.plays("evolution", "5.90", "11.80")

    async def loses_at_sweets(self):
        await self.plays("pragmatic", "10.00", "0.00")

    async def plays_what_the_bonus_may_not(self):
        self.seats["craps"] = msgspec.structs.replace(self.seats["generic_seamless"], game="craps")
        await self.plays("generic_seamless", "5.00", "5.00", seat="craps")

    async def mixes_at_dice(self):
        await self.plays("generic_seamless", "10.00", "20.00")

    async def leaves_sweets_open(self):
        self.left_open = await self.bet("pragmatic", "5.00")

    async def goes_on_at_dice(self):
        await self.plays("generic_seamless", "10.00", "1.00")

    async def meets_the_wagering(self):
        await self.plays("pragmatic", "0.20", "0.00")

    async def has_the_open_stake_back_as_cash(self):
        back = self.move("pragmatic", "rollback", self.left_open.amount, self.left_open.round, self.left_open)
        await self.says("pragmatic", "rollback", back)

    async def loses_cash_at_roulette(self):
        await self.plays("evolution", "20.00", "0.00")

    async def converts_to_dollars(self):
        rates = [fx_pb2.Rate(base="EUR", counter="USD", mid="1.08")]
        await self.wallet.publish_rates(fx_pb2.PublishRatesRequest(source="push", as_of=moment(), rates=rates))
        wanted = fx_pb2.OpenQuoteRequest(player_id=PLAYER, quote_id="q", sell=money("50"), currency_code="USD")
        quote = (await self.wallet.open_quote(wanted)).quote
        assert quote.client_rate == "1.0692"
        await self.wallet.execute_quote(
            fx_pb2.ExecuteQuoteRequest(
                player_id=PLAYER, quote_id="q", source=quote.source, signature=quote.signature, request_id="convert"
            )
        )

    async def wins_with_free_rounds(self):
        await self.wallet.grant_free_rounds(
            free_rounds_pb2.GrantFreeRoundsRequest(
                player_id=PLAYER,
                grant_id=GRANT,
                provider_id="generic_seamless",
                rounds=2,
                value=money("0.50"),
                settle=free_rounds_pb2.FREE_ROUND_SETTLE_EACH,
                campaign="evening",
                expires_at=moment(86_400),
                reason="the evening",
                actor="ann",
            )
        )
        await self.wallet.register_free_rounds(
            free_rounds_pb2.RegisterFreeRoundsRequest(
                player_id=PLAYER,
                grant_id=GRANT,
                provider_id="generic_seamless",
                confirmed=True,
                **self.signed("register"),
            )
        )
        for win in ("3.00", "0.00"):
            await self.plays("generic_seamless", "0.50", win, free_rounds_id=GRANT)

    async def lets_a_gift_expire(self):
        gift = promos_pb2.GrantBonusRequest(
            player_id=PLAYER, template_id="gift", version=1, currency_code="EUR", **self.signed("gift")
        )
        bonus = (await self.wallet.grant_bonus(gift)).bonus
        assert (bonus.state, bonus.balance) == (promos_pb2.BONUS_STATE_ACTIVE, money("5"))
        request = promos_pb2.GetBonusRequest(player_id=PLAYER, bonus_id=bonus.bonus_id)
        async with asyncio.timeout(60):
            while (await self.wallet.get_bonus(request)).bonus.state != promos_pb2.BONUS_STATE_EXPIRED:
                pass

    async def is_held(self):
        await self.wallet.place_hold(
            holds_pb2.PlaceHoldRequest(
                player_id=PLAYER,
                hold_id="h",
                amount=money("10"),
                reason=holds_pb2.HOLD_REASON_DISPUTE,
                basis=holds_pb2.HOLD_BASIS_TERMS,
                clause="terms 7",
                owner="ann",
                case_id="c-1",
                expires_at=moment(86_400),
            )
        )

    async def is_released(self):
        await self.wallet.release_hold(
            holds_pb2.ReleaseHoldRequest(player_id=PLAYER, hold_id="h", **self.signed("release"))
        )

    async def redeems_points(self):
        await self.wallet.redeem_points(
            points_pb2.RedeemPointsRequest(
                player_id=PLAYER, points=20, amount=money("0.20"), price_version=1, request_id="redeem"
            )
        )

    async def withdraws_30_00(self):
        request = payments_pb2.WithdrawRequest(
            player_id=PLAYER, amount=money("30"), psp_id="bank", request_id="withdraw"
        )
        await self.wallet.withdraw(request)


def moment(later=0):
    """So many seconds from now."""
    found = Timestamp()
    found.FromMicroseconds(time.time_ns() // 1_000 + later * SECOND)
    return found


def amount_of(sum_):
    return Decimal(text_of(sum_).split()[0])


def method(step):
    return step.replace(",", "").replace(".", "_").replace(" ", "_")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    """The address of a database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/data/wallet.db"
    return request.getfixturevalue("postgres_database")


async def test_an_evening_and_its_statement(tmp_path, monkeypatch, database):
    monkeypatch.setenv("WALLET_WATCH_EVERY", "0.2")
    folder = tmp_path / "data"
    arguments = ("--port-base", "0", "--adapters", ",".join(ADAPTERS), "--database", database)
    async with up(folder, *arguments) as running, aiohttp.ClientSession() as http:
        wallet = Wallet(running.told["core"], running.told["token"])
        try:
            evening = Evening(running, wallet, http)
            await evening.open()
            for step, purse in EVENING:
                await getattr(evening, method(step))()
                assert await evening.purse() == purse.counted(), step
        finally:
            await wallet.close()
        where = ("statement", PLAYER, "--target", running.told["core"], "--token-file", str(folder / "operator.token"))
        code, text, errors = await ran(*where)
        assert code == 0, errors
        code, lines, errors = await ran(*where, "--json")
        assert code == 0, errors
        (tmp_path / "no.token").write_text("not-a-token")
        code, said, errors = await ran(*where[:-1], str(tmp_path / "no.token"))
        assert (code, said) == (1, "")
        assert errors.startswith("statement: UNAUTHENTICATED")
    print(text)
    explained([json.loads(line) for line in lines.splitlines()], text, EVENING[-1][1])
    code, said, errors = await ran("check", "--database", database)
    assert (code, said) == (0, ""), errors


def explained(entries, text, purse):
    """Every transaction and line has its words, every stake its reason; a pocket's last line is what the player has."""
    kinds = Counter(entry["kind"] for entry in entries)
    assert {kind: kinds[kind] for kind in KINDS} == KINDS
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    last = {}
    for entry in entries:
        assert all(entry[member] for member in ("what", "text", "rules")), entry
        assert all(said["text"] and said["rules"] for said in entry["why"]), entry
        assert entry["what"] in text
        sums = Counter()
        for line in entry["lines"]:
            assert line["words"], entry
            amount, currency = line["amount"].split()
            sums[currency] += Decimal(amount)
            if line["after"]:
                last[line["account"].partition(":")[0], currency] = Decimal(line["after"].split()[0])
        assert not any(sums.values()), entry
    assert tuple(last[pocket] for pocket in POCKETS) == purse.counted()
    bets = [entry for entry in entries if entry["kind"] == "BET"]
    why = [entry["why"][0]["rules"][0] if entry["lines"] else entry["rules"][0] for entry in bets]
    assert why == STAKES
    assert "BONUS:welcome@1 held 8.90 EUR, might not pay: its terms exclude the game" in bets[3]["why"][0]["text"]
    (rollback,) = (entry for entry in entries if entry["kind"] == "ROLLBACK")
    assert "R-RB-05" in {rule for said in rollback["why"] for rule in said["rules"]}
