"""A core behind its door: calls that do nothing, plays one by one, and many together."""

from tests.bench.bets import PLAYERS
from tests.bench.generator import Remote, generator
from tests.bench.measure import Contestant, Row, contest
from tests.bench.places import Place
from tests.bench.processes import TOKENS, core

CALLERS = 128
MANY, MANY_CALLERS = 100, 4


async def measure(place: Place, seconds: float, rounds: int) -> list[Row]:
    """Return the rows of one database."""
    books = await place.books(PLAYERS)
    async with core(books) as process, generator("tests.bench.grpc_load") as source:
        cpu = {"callers": source.cpu, "core": process.cpu, **place.cpu()}

        def contestant(
            key: str, name: str, what: str, *, callers: int = CALLERS, role: str = "ADAPTER", **more: int
        ) -> Contestant:
            load = Remote(
                source,
                str(callers),
                what=what,
                callers=callers,
                target=process.said["core"],
                token=TOKENS[role],
                players=PLAYERS,
                **more,
            )
            return Contestant(key, name, load, cpu, process.sizes, place.gauges())

        return await contest(
            "gRPC",
            place.name,
            [
                contestant("health", "health Check: a call that does nothing", "health"),
                contestant("providers", "ListProviders: known, and nothing done", "providers", role="OPERATOR"),
                contestant("play", "Play, a call a bet", "play"),
                contestant("wallet", "Play by our client, a call a bet", "wallet", gather=False),
                contestant("gathered", "Play by our client, gathered", "wallet", gather=True),
                contestant("many", f"PlayMany of {MANY}", "many", callers=MANY_CALLERS, size=MANY),
            ],
            seconds,
            rounds,
        )
