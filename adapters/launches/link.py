"""Protocols whose launch is a link, and our own: nothing is asked, the operator writes the vendor's link."""

import string
from urllib.parse import quote

import msgspec

from adapters.launches import Account, Launch, NotLaunched, Talk

_PLACES = {
    "player": "player_id",
    "token": "token",
    "currency": "currency",
    "game": "game",
    "language": "language",
    "country": "country",
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None of its own: `url` is a template, https://games.example/play?game={game}&token={token} say."""


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:  # noqa: ARG001 - the contract's
    """Fill the template in; what is filled in is percent-encoded. Raises NotLaunched: a place nobody knows."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(account.url) if name is not None}
    except ValueError as error:
        raise NotLaunched(f"`url` is no template: {error}") from None
    if unknown := names - set(_PLACES):
        raise NotLaunched(f"`url` has {', '.join(sorted(unknown))} in braces; there are: {', '.join(_PLACES)}")
    yield from ()  # nothing is asked
    return account.url.format_map({name: quote(getattr(asked, _PLACES[name]), safe="") for name in names})
