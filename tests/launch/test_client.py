"""The shared half of a launch: TLS, addresses, what is configured, and what must never be said."""

import datetime as dt
import ipaddress
import socket
import ssl

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from wallet.v1.sessions_pb2 import SESSION_USE_BET, ResolveSessionRequest

from adapters import launch
from adapters.launches import NotLaunched
from adapters.references import ConfigError
from tests.launch.conftest import CONFIG, listening, vendor_listening
from tests.launch.vendors import SECRET, URL, VENDORS, SoftSwiss
from wallet_core.client import Refused

CASINO = 'casino_id = "casino"'


@pytest.fixture
def certificate(tmp_path):
    """A server's context whose certificate only `ca` vouches for, and the path of `ca`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vendor")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    ca, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    ca.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(ca, private)
    return context, ca


async def test_a_certificate_nobody_vouches_for_is_refused_and_a_named_authority_is_trusted(
    certificate, launcher, asked
):
    context, ca = certificate
    vendor = SoftSwiss()

    async def handler(request):
        status, body = vendor.answer(request.path_qs, request.headers, await request.read())
        return web.json_response(body, status=status)

    async with listening(handler, context) as url:
        with pytest.raises(NotLaunched, match="no certificate we trust"):
            await launch.conversation(launcher(url, "softswiss", secret=SECRET, more=CASINO), asked())
        trusting = launcher(url, "softswiss", secret=SECRET, more=f'{CASINO}\nca = "{ca}"')
        assert await launch.conversation(trusting, asked()) == URL


async def test_a_redirect_is_not_followed(launcher, asked):
    """What was signed for one host would go to another."""
    gone = []

    def say(path, headers, body):
        gone.append(path)
        return 307, b"elsewhere"

    async with vendor_listening(SoftSwiss(), say) as url:
        with pytest.raises(NotLaunched, match="answered 307"):
            await launch.conversation(launcher(url, "softswiss", more=CASINO), asked())
    assert len(gone) == 1


async def test_a_port_where_nobody_listens_is_named(launcher, asked):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotLaunched, match=f"127.0.0.1:{port} cannot be reached"):
        await launch.conversation(launcher(f"http://127.0.0.1:{port}", "softswiss", more=CASINO), asked())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/relative", "https://", "https://a/\nb", ""])
async def test_an_answer_that_is_no_web_address_is_refused(launcher, asked, url):
    async with vendor_listening(SoftSwiss(), lambda *_: (200, {"launch_url": url})) as at:
        with pytest.raises(NotLaunched, match="no URL"):
            await launch.conversation(launcher(at, "softswiss", more=CASINO), asked())


@pytest.mark.parametrize("before", [0, 320, 330, 335])
@pytest.mark.parametrize("protocol", ["hundredhp", "evolution", "blueocean"])
async def test_a_secret_that_a_vendor_echoes_is_not_said(launcher, asked, protocol, before):
    """These send it: in the body, in the path. Nor is a part of it said where the message is cut."""
    vendor = VENDORS[protocol]()
    token = "token-of-the-session"

    def echo(path, headers, body):
        return 400, ("x" * before + SECRET + token + path + body.decode()).encode()

    async with vendor_listening(vendor, echo) as url:
        loaded = launcher(url, protocol, secret=SECRET, more=vendor.settings)
        with pytest.raises(NotLaunched) as failed:
            await launch.conversation(loaded, asked(token=token))
    assert SECRET[:4] not in str(failed.value)
    assert token[:9] not in str(failed.value)
    assert "the provider answered 400" in str(failed.value)


async def test_a_launch_opens_a_session_and_trying_again_is_the_same_one(core, launcher):
    player = await core.player()
    loaded = launcher("https://games.example/{game}?t={token}&c={currency}", "thrillgate", provider_id="thrillgate")
    asked = {"player_id": player, "game": "dice", "request_id": "launch-1"}
    first = await launch.start(loaded, core.operator, **asked)
    again = await launch.start(loaded, core.operator, **asked)
    assert first == again
    assert first.url == f"https://games.example/dice?t={first.session}&c=EUR"
    live = await core.adapter.resolve_session(
        ResolveSessionRequest(provider_id="thrillgate", token=first.session, use=SESSION_USE_BET)
    )
    assert live.player.player_id == player


async def test_a_player_nobody_knows_is_refused_before_the_provider_hears_of_it(core, launcher):
    loaded = launcher("https://games.example/{token}", "thrillgate", provider_id="thrillgate")
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await launch.start(loaded, core.operator, player_id="nobody", game="dice")


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("http://vendor.example", CASINO, "https only"),
        ("ftp://vendor.example", CASINO, "url is https"),
        ("https://[", CASINO, "url is https"),
        ("https://vendor.example", "", "casino_id"),
        ("https://vendor.example", f"{CASINO}\nspeed = 7", "speed"),
        ("https://vendor.example", f"{CASINO}\nanswer_within = 0", "answer_within"),
        ("https://vendor.example", f"{CASINO}\nca = 7", "ca"),
        ("https://vendor.example", 'protocol = "gcp"', "no launch 'gcp'; there are: blueocean"),
    ],
)
def test_what_is_configured_wrong_is_named(launcher, url, more, says):
    with pytest.raises(ConfigError, match=says):
        launcher(url, "softswiss", more=more)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('secret = "env:OUTBOUND"\n', "", "softswiss signs its calls"),
        ("env:OUTBOUND", "hunter2", "never written here"),
        ("env:OPERATOR", "env:NOT_SET", "token: env:NOT_SET is empty"),
        ("[launches.games]", "[launches.others]", "are needed"),
        ("[launches.games]", "[launches]\ngames = 7\n[others]", "launches"),
        ("softswiss", "softserve", "no protocol 'softserve'"),
    ],
)
def test_a_secret_is_a_reference_and_it_is_there(tmp_path, old, new, says):
    path = tmp_path / "adapters.toml"
    text = CONFIG.format(url="https://vendor.example", protocol="softswiss", provider_id="p", more=CASINO)
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=says) as failed:
        launch.load(path, "games", {"OUTBOUND": "s", "OPERATOR": "t"})
    assert "hunter2" not in str(failed.value)


async def test_an_authority_that_is_no_file_is_named(launcher, asked, tmp_path):
    more = f'{CASINO}\nca = "{tmp_path}/none.pem"'
    with pytest.raises(ConfigError, match=r"none\.pem"):
        await launch.conversation(launcher("https://127.0.0.1:1", "softswiss", more=more), asked())
