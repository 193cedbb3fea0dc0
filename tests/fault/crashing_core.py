"""`python -m tests.fault.crashing_core` is `python -m wallet_core serve`, with the switch of `crashing.py` in it."""

from tests.fault.crashing import Crashing, switch
from wallet_core import app, cli
from wallet_core.storage.store import Store


def serve() -> None:
    found, open_store = switch(), app.open_store

    async def crashing(database: str, *, lanes: int = 1) -> Store:
        return Crashing(await open_store(database, lanes=lanes), found)

    app.open_store = crashing
    cli.app(["serve"])


if __name__ == "__main__":
    serve()
