"""Every protocol's launch call against a vendor who checks it: signed right, signed wrong, and every kind of no."""

import asyncio

import msgspec
import pytest

from adapters import launch, launches
from adapters.launches import NotLaunched
from tests.launch.conftest import listening, vendor_listening
from tests.launch.vendors import URL, VENDORS, Evolution


async def said(launcher, asked):
    """The message of a launch that fails."""
    with pytest.raises(NotLaunched) as failed:
        await launch.conversation(launcher, asked)
    return str(failed.value)


def test_every_call_has_a_vendor_here():
    assert launches.protocols() == sorted({name.partition(" ")[0] for name in VENDORS})


async def test_a_signed_call_gets_the_url(vendor, launcher, asked):
    async with vendor_listening(vendor) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.secret, more=vendor.settings)
        got = await launch.conversation(loaded, asked(vendor.game))
    assert got == (url + vendor.entry if isinstance(vendor, Evolution) else URL)


async def test_another_secret_is_refused_and_the_secret_is_named_as_what_to_check(vendor, launcher, asked):
    async with vendor_listening(vendor) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.wrong, more=vendor.settings)
        message = await said(loaded, asked(vendor.game))
    assert "the provider answered" in message


async def test_a_no_is_told_as_the_vendor_said_it(vendor, launcher, asked):
    async with vendor_listening(vendor, lambda *_: (200, dict(vendor.refusal))) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.secret, more=vendor.settings)
        message = await said(loaded, asked(vendor.game))
    assert str(next(iter(vendor.refusal))) in message


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "check `secret`"), (404, "check `url`"), (429, "try again later"), (503, "try again later"), (302, "see")],
)
async def test_a_status_comes_with_what_to_do(vendor, launcher, asked, status, hint):
    async with vendor_listening(vendor, lambda *_: (status, b"busy \x00 today")) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.secret, more=vendor.settings)
        message = await said(loaded, asked(vendor.game))
    assert f"the provider answered {status} (" in message
    assert hint in message
    assert message.endswith(": busy   today")


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"{}", b"\xff\xfe", b'{"url": 7, "entry": []}'])
async def test_garbage_is_no_url(vendor, launcher, asked, body):
    async with vendor_listening(vendor, lambda *_: (200, body)) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.secret, more=vendor.settings)
        assert "the provider answered 200" in await said(loaded, asked(vendor.game))


async def test_a_flood_is_cut_off(vendor, launcher, asked):
    async with vendor_listening(vendor, lambda *_: (200, b" " * 1_000_000)) as url:
        loaded = launcher(url, vendor.protocol, secret=vendor.secret, more=vendor.settings)
        assert "longer than" in await said(loaded, asked(vendor.game))


async def test_silence_ends(vendor, launcher, asked):
    silent = asyncio.Event()

    async def handler(request):
        await silent.wait()

    async with listening(handler) as url:
        more = f"{vendor.settings}\nanswer_within = 0.05"
        message = await said(launcher(url, vendor.protocol, secret=vendor.secret, more=more), asked(vendor.game))
        silent.set()
    assert "gave no answer within 0.05 s" in message


@pytest.mark.parametrize(
    ("protocol", "missing"), [("hub88", {"country": ""}), ("evolution", {"ip": ""}), ("evolution", {"country": ""})]
)
async def test_what_a_protocol_needs_is_asked_for(launcher, asked, protocol, missing):
    vendor = VENDORS[protocol]()
    loaded = launcher("https://never.asked", protocol, secret=vendor.secret, more=vendor.settings)
    assert f"--{next(iter(missing))}" in await said(loaded, asked(vendor.game, **missing))


async def test_blueocean_makes_a_player_once(launcher, asked):
    vendor = VENDORS["blueocean"]()
    async with vendor_listening(vendor) as url:
        loaded = launcher(url, "blueocean", secret=vendor.secret, more=vendor.settings)
        assert await launch.conversation(loaded, asked()) == URL
        assert await launch.conversation(loaded, asked()) == URL
    assert vendor.asked == ["playerExists", "createPlayer", "getGame", "playerExists", "getGame"]


async def test_the_vector_of_slotegrators_encoding(launcher, asked):
    """Spaces are plus, and PHP escapes the tilde."""
    vendor = VENDORS["slotegrator"]()
    bodies = []

    def say(path, headers, body):
        bodies.append(body)
        return vendor.answer(path, headers, body)

    async with vendor_listening(vendor, say) as url:
        loaded = launcher(url, "slotegrator", secret=vendor.secret, more=vendor.settings)
        assert "player_id" in await said(loaded, asked(player_id="user ~1"))  # signed right, and not his p-1
    assert b"player_id=user+%7E1" in bodies[0]


async def test_a_private_key_that_is_none_is_not_repeated(launcher, asked):
    loaded = launcher("https://never.asked", "hub88", secret="hunter2", more="operator_id = 7")
    message = await said(loaded, asked())
    assert "not an RSA private key" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("protocol", ["hundredhp", "evolution", "blueocean"])
async def test_a_secret_that_cannot_be_sent_as_text_is_said_to_be_none(launcher, asked, protocol):
    loaded = launcher("https://never.asked", protocol, more=VENDORS[protocol].settings)
    account = msgspec.structs.replace(loaded.account, secret=b"\xff\xfe")
    assert await said(msgspec.structs.replace(loaded, account=account), asked("g")) == "`secret` is not text"
