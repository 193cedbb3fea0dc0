"""Launches that are a link the operator wrote: nothing is asked."""

import pytest

from adapters import launch
from adapters.launches import NotLaunched


async def test_the_places_are_filled_in_and_encoded(launcher, asked):
    url = "https://games.example/{game}?t={token}&who={player}&cur={currency}&l={language}&c={country}&x={{7}}"
    loaded = launcher(url, "generic_seamless")
    got = await launch.conversation(loaded, asked("dice/1&admin=1", token="t 1", player_id="ü"))
    assert got == "https://games.example/dice%2F1%26admin%3D1?t=t%201&who=%C3%BC&cur=EUR&l=en&c=MT&x={7}"


@pytest.mark.parametrize(("url", "says"), [("{secret}", "secret"), ("{token.x}", "token.x"), ("{", "template")])
async def test_a_place_nobody_knows_is_named(launcher, asked, url, says):
    with pytest.raises(NotLaunched, match=says):
        await launch.conversation(launcher(f"https://games.example/{url}", "thrillgate"), asked())


async def test_a_provider_with_a_link_of_his_own_is_not_called(launcher, asked):
    """Caleta speaks Hub88's protocol, and not its launch."""
    loaded = launcher("https://caleta.example/{game}", "hub88", more='protocol = "link"')
    assert await launch.conversation(loaded, asked()) == "https://caleta.example/dice"
