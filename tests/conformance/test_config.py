"""What the kit is told of a wallet: a file, or the line of `up`."""

import json
import sys

import pytest

from adapters.conformance import config, up
from adapters.conformance.dialect import Seat
from adapters.references import ConfigError

FULL = """
url = "https://wallet.example/api/"
secrets = ["env:NEW", "env:OLD"]
other_currency = "USD"
answer_within = 2.5

[player]
player = "p-1"
token = "env:TOKEN"
currency = "SEK"

[other]
player = "p-2"
token = "plain"

[expired]
token = "gone"

[foreign]
player = "p-3"
currency = "JPY"
"""
ENVIRON = {"NEW": "the-new-key", "OLD": "the-old-key", "TOKEN": "the-token"}
LEAST = 'url = "http://h:1"\nsecrets = ["env:NEW"]\n[player]\nplayer = "p"\n'


def loaded(tmp_path, text, url=""):
    path = tmp_path / "wallet.toml"
    path.write_text(text)
    return config.load(path, url, ENVIRON)


def test_a_file_describes_a_wallet(tmp_path):
    target = loaded(tmp_path, FULL)

    assert target.url == "https://wallet.example/api"
    assert target.secrets == (b"the-new-key", b"the-old-key")
    assert target.player == Seat("p-1", "the-token", "SEK", "dice")
    assert target.other == Seat("p-2", "plain", "SEK", "dice")
    assert target.expired == Seat("p-1", "gone", "SEK", "dice")
    assert target.foreign == Seat("p-3", "", "JPY", "dice")
    assert (target.blocked, target.limited, target.restart) == (None, None, None)
    assert (target.other_currency, target.answer_within) == ("USD", 2.5)


def test_the_address_may_be_given_beside_the_file(tmp_path):
    assert loaded(tmp_path, LEAST.replace('url = "http://h:1"', ""), "http://other:2").url == "http://other:2"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("secrets = [", "wallet.toml: "),
        ("", "missing required field `secrets`"),
        (LEAST + "colour = 1", "unknown field `colour`"),
        (LEAST.replace("env:NEW", "hunter2"), "a secret is never written here"),
        (LEAST.replace("env:NEW", "env:NOT_SET"), "secrets: env:NOT_SET is empty or not set"),
        (LEAST.replace("env:NEW", "file:/no/such/file"), "secrets: /no/such/file: No such file"),
        (LEAST.replace('player = "p"', ""), "[player]: `player` is needed"),
        (LEAST + "[blocked]", "[blocked]: `player` is needed"),
        (LEAST + 'token = "env:NOT_SET"', "[player] token: env:NOT_SET is empty"),
        (LEAST.replace("http://h:1", "h:1"), "http://host:port or https://host is needed"),
        (LEAST.replace("http://h:1", "http://h:x"), "http://host:port or https://host is needed"),
        (LEAST.replace("http://h:1", "http://h:1/?a=b"), "http://host:port or https://host is needed"),
        ("answer_within = 1000\n" + LEAST, "$.answer_within"),
    ],
)
def test_what_is_wrong_is_said_and_no_secret(tmp_path, text, says):
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)

    assert says in str(error.value)
    assert "hunter2" not in str(error.value)


async def test_a_restart_waits_until_somebody_listens(tmp_path, unused_tcp_port):
    server = (
        "import http.server as h, os, sys\n"
        "s = h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.BaseHTTPRequestHandler)\n"
        "os.fork() and os._exit(0)\n"
        "os.close(1); os.close(2); s.handle_request()\n"
    )
    command = json.dumps([sys.executable, "-c", server, str(unused_tcp_port)])
    text = LEAST.replace("http://h:1", f"http://127.0.0.1:{unused_tcp_port}")
    target = loaded(tmp_path, f"restart = {command}\n{text}")

    assert await target.restart() == f"http://127.0.0.1:{unused_tcp_port}"


@pytest.mark.parametrize(
    ("command", "says"),
    [(["/no/such/command"], "No such file"), ([sys.executable, "-c", "exit(3)"], "ended with 3")],
)
async def test_a_restart_that_fails_is_said(tmp_path, command, says):
    target = loaded(tmp_path, f"restart = {json.dumps(command)}\n{LEAST}")

    with pytest.raises(ConfigError, match=says):
        await target.restart()


LINE = {
    "core": "127.0.0.1:1",
    "token": "the-operators-token",
    "adapters": {"thrillgate": "http://127.0.0.1:2"},
    "demo": {"operator": "demo", "brand": "demo", "players": [], "secrets": {"thrillgate": "key"}},
    "news": "of a later version",
}


def test_the_line_of_up_is_read():
    line = up.read(json.dumps(LINE))

    assert (line.core, line.adapters) == ("127.0.0.1:1", {"thrillgate": "http://127.0.0.1:2"})


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", json.dumps(LINE | {"adapters": 1}).encode()])
def test_another_line_is_refused_and_not_repeated(text):
    with pytest.raises(ConfigError, match="that is not the line") as error:
        up.read(text)

    assert "the-operators-token" not in str(error.value)
