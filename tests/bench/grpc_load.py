"""gRPC calls from a process of their own: python -m tests.bench.grpc_load, ordered about by `generator.py`.

What is sent is built before the clock starts. The plain calls go out as bytes over one channel of grpc.aio, with no
wrapper of ours: what they cost here is grpcio. Every answer is read, and held to be the wanted one.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import grpc
import msgspec
import uvloop
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from wallet.v1.providers_pb2 import ListProvidersRequest, ListProvidersResponse
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, PlayManyRequest, PlayManyResponse, PlayRequest, PlayResponse

from tests.bench import bets
from tests.bench.callers import FIRST, Callers
from tests.bench.generator import Go, Refused, obey
from tests.bench.measure import Played
from wallet_core.client import Wallet

PATIENCE = 60.0


def applied(response: PlayResponse) -> None:
    """Pass the answer to one bet that was applied now."""
    if [result.outcome for result in response.results] != [OUTCOME_APPLIED] or response.replayed:
        raise Refused(str(response))


def _serving(response: HealthCheckResponse) -> None:
    if response.status != HealthCheckResponse.SERVING:
        raise Refused(str(response))


def _listed(response: ListProvidersResponse) -> None:
    if not response.providers:
        raise Refused("no providers")


def _all_applied(response: PlayManyResponse) -> None:
    for outcome in response.outcomes:
        applied(outcome.response)


def _messages(players: int, count: int) -> list[PlayRequest]:
    return [bets.message(*drawn) for drawn in bets.draws(players, count)]


def _plays(players: int, count: int) -> list[bytes]:
    return [message.SerializeToString() for message in _messages(players, count)]


def _many(size: int, players: int, count: int) -> list[bytes]:
    """Return so many calls of `size` plays each."""
    return [PlayManyRequest(plays=_messages(players, size)).SerializeToString() for _ in range(count)]


PLAIN: dict[str, tuple[str, type, Callable[..., None]]] = {
    "health": ("/grpc.health.v1.Health/Check", HealthCheckResponse, _serving),
    "providers": ("/wallet.v1.ProviderService/ListProviders", ListProvidersResponse, _listed),
    "play": ("/wallet.v1.WalletService/Play", PlayResponse, applied),
    "many": ("/wallet.v1.WalletService/PlayMany", PlayManyResponse, _all_applied),
}


def plain(channel: grpc.aio.Channel, what: str, token: str) -> Callable[[bytes], Awaitable[None]]:
    """Return what sends bytes to a method and reads the answer."""
    path, answer, passes = PLAIN[what]
    method = channel.unary_unary(path, response_deserializer=answer.FromString)
    metadata = (("authorization", f"Bearer {token}"),)

    async def call(request: bytes) -> None:
        passes(await method(request, timeout=PATIENCE, metadata=metadata))

    return call


def made(what: str, players: int, size: int) -> Callable[[int], list[bytes]]:
    """Return what builds so many calls."""
    if what == "health":
        return lambda count: [HealthCheckRequest().SerializeToString()] * count
    if what == "providers":
        return lambda count: [ListProvidersRequest().SerializeToString()] * count
    if what == "many":
        return partial(_many, size, players)
    return partial(_plays, players)


async def prepare(order: dict[str, object]) -> Go:
    """Connect, warm up, and build what is to be asked: `what` of `target` with a `token`, by so many `callers`, for
    `players`, in so many `seconds`. `wallet`: by our client; `gather` is whether it may gather. `size`: plays a call.
    """
    target, token, what, players = order["target"], order["token"], order["what"], order["players"]
    size, callers = order.get("size", 1), order["callers"]
    if what == "wallet":
        wallet = Wallet(target, token, deadline=PATIENCE, coalesce=order["gather"])

        async def play(request: PlayRequest) -> None:
            applied(await wallet.play(request))

        load, close = Callers(callers, partial(_messages, players), play), wallet.close
    else:
        channel = grpc.aio.insecure_channel(target)
        load = Callers(callers, made(what, players, size), plain(channel, what, token), first=FIRST // size)
        close = channel.close
    await load.prepare(order["seconds"])

    async def go() -> Played:
        seen = await load.go()
        await close()
        return msgspec.structs.replace(seen, items=seen.items * size)

    return go


if __name__ == "__main__":
    uvloop.run(obey(prepare))
