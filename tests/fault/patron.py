"""A patron: one player with many pockets, and what it does, step after step, as its dice say.

What a step asks is kept as an order before it is sent. Some steps are two at once: then the books say which was first.
"""

import random

from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import payments_pb2
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest

from tests.fault.cores import money
from tests.fault.counter import GENERIC, Counter
from tests.fault.gifts import BRAND, CENT
from tests.fault.office import Office
from tests.fault.orders import Heard, Order
from tests.storage.books import EUR

START = 150 * EUR
SIGNED = {"reason": "the storm", "actor": "ann"}
STOCK = 12
"""How much of a kind is remembered, to be asked about later."""


class Patron:
    """One of them.

    Attributes:
        player: its id.
        bonuses, holds, withdrawals, quotes: ids of such as there were.
        rounds: those that are open, each with its game.
        moves: stakes and wins by the provider's id, each with its amount.
    """

    def __init__(self, player: str, counter: Counter, office: Office, seed: str) -> None:
        self.player = player
        self.dice = random.Random(f"{seed} {player}")
        self.counter = counter
        self.office = office
        self._count = 0
        self.token = ""
        self.bonuses: list[str] = []
        self.holds: list[str] = []
        self.withdrawals: list[str] = []
        self.quotes: list[str] = []
        self.rounds: list[tuple[str, str]] = []
        self.moves: list[tuple[str, int]] = []

    def fresh(self, word: str) -> str:
        """Return an id nobody has used."""
        self._count += 1
        return f"{self.player}.{word}{self._count}"

    def amount(self, most: int = 500) -> int:
        return self.dice.randrange(1, most) * CENT

    def take(self, stock: list, *, keep: float = 0.0):
        """Return something of a stock, and mostly forget it; none where there is none."""
        if not stock:
            return None
        place = self.dice.randrange(len(stock))
        return stock[place] if self.dice.random() < keep else stock.pop(place)

    @staticmethod
    def store(stock: list, one: object) -> None:
        stock.append(one)
        del stock[:-STOCK]

    async def seat(self) -> None:
        """Come in: with money, and a session at the provider."""
        who = Player(player_id=self.player, operator_id="o", brand_id=BRAND, currency_codes=["EUR", "USD"])
        await self.counter.call("create_player", CreatePlayerRequest(player=who), self.dice)
        session = OpenSessionRequest(player_id=self.player, provider_id=GENERIC.provider_id, currency_code="EUR")
        session.request_id = self.player
        self.token = (await self.counter.call("open_session", session, self.dice)).token
        await self.deposit(START)

    async def ask(self, word: str, partner: str, key: str, method: str, request: object, **facts: object) -> Heard:
        """Ask for one thing under one key, by gRPC; sometimes several times at once."""
        order = Order(self.player, word, ((partner, key),), method, request, **facts)
        return await self.give(order)

    async def give(self, order: Order) -> Heard:
        return await self.counter.ask(order, self.dice, self.dice.choice((1, 1, 1, 2, 3)))

    # Money in and out.

    async def deposit(self, amount: int = 0) -> str:
        key, amount = self.fresh("d"), amount or self.amount(3_000)
        request = payments_pb2.DepositRequest(
            player_id=self.player, amount=money(amount), psp_id="bank", request_id=key
        )
        await self.ask("deposit", "~payments:bank", key, "deposit", request, amount=amount)
        return key


def moment(microseconds: int) -> Timestamp:
    found = Timestamp()
    found.FromMicroseconds(microseconds)
    return found
