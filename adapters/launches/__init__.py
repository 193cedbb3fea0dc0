"""How a provider is asked for a game's URL: one protocol, one file, found by its name; all pure, the calls are made
by `adapters/launch.py`.
"""

import importlib
import pkgutil
from collections.abc import Generator
from typing import Any, Protocol, TypeVar, cast

import msgspec

T = TypeVar("T")

# The file for protocols that have none: the vendor's link, written by the operator.
LINK = "link"

_HINTS = {
    401: "check `secret`, and that the provider knows our address",
    403: "check `secret`, and that the provider knows our address",
    404: "check `url` and the game's code",
    429: "try again later",
}


class NotLaunched(Exception):
    """There is no URL. The message says why and what can be done; it is for operators, not for players."""


class Launch(msgspec.Struct, frozen=True):
    """What is to be played, by whom, under which session."""

    player_id: str
    # Of the session, as it was opened at the core.
    token: str
    currency: str
    # The provider's code for the game.
    game: str
    # As the provider writes it: `en`, `en_us`.
    language: str
    # ISO 3166-1 alpha-2; empty: not told.
    country: str
    # The player's address; empty: not told.
    ip: str
    mobile: bool
    # 32 hex digits, new in every try: for what must not be seen twice.
    nonce: str
    # Unix seconds.
    now: float


class Account(msgspec.Struct, frozen=True):
    """Who asks whom: the members of `[launches.<name>]` that protocols read."""

    # The provider's base URL, without a slash at its end; a template where the protocol is a link.
    url: str
    secret: bytes
    # Where a player comes back to, and where he pays in; empty: not told.
    lobby_url: str
    deposit_url: str


class Outgoing(msgspec.Struct, frozen=True):
    """One HTTP request to the provider; the body is sent as these very bytes."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes


# Yields the requests one after the other, is sent the reply of each, returns the URL.
Talk = Generator[Outgoing, Reply, str]


class Module(Protocol):
    """What a file here exports."""

    # A frozen msgspec.Struct that forbids unknown fields: the protocol's own members of `[launches.<name>]`.
    Settings: type[msgspec.Struct]

    def launch(self, asked: Launch, account: Account, settings: Any) -> Talk:
        """The conversation that ends in a URL. Pure; raises NotLaunched."""


def protocols() -> list[str]:
    """The protocols with a call of their own."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != LINK)


def module(name: str) -> Module:
    """The file of a protocol that has one here, or the link's."""
    return cast("Module", importlib.import_module(f"{__name__}.{name}"))


def understood(reply: Reply, words: type[T]) -> T:
    """The JSON of a successful answer as `words`. Raises NotLaunched with what was said."""
    if reply.status // 100 == 2:  # noqa: PLR2004 - HTTP's word for yes
        try:
            return msgspec.json.decode(reply.body, type=words)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass
    raise no(reply)


def no(reply: Reply) -> NotLaunched:
    """What to raise where the answer is no URL: what to do, and all that was said. Whoever shows it cuts it."""
    said = reply.body.decode(errors="replace").strip()
    hint = "try again later" if reply.status >= 500 else _HINTS.get(reply.status, "see the provider's documentation")  # noqa: PLR2004
    return NotLaunched(f"the provider answered {reply.status} ({hint}): {said or 'nothing'}")


def text(secret: bytes) -> str:
    """A secret that is sent as text. Raises NotLaunched."""
    try:
        return secret.decode()
    except UnicodeDecodeError:
        raise NotLaunched("`secret` is not text") from None


def needed(asked: Launch, *members: str) -> None:
    """Raise NotLaunched where this protocol needs what the command left out."""
    if missing := [f"--{member}" for member in members if not getattr(asked, member)]:
        raise NotLaunched(f"this provider wants {' and '.join(missing)}")


def told(**members: Any) -> dict[str, Any]:
    """The members that are known: an optional one that is empty is left out."""
    return {name: value for name, value in members.items() if value not in ("", None)}
