"""Settings of the core and of the adapters: garbage is refused in a sentence, which never repeats a secret."""

import json
import os
from typing import Literal, get_origin

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from adapters import settings as adapters
from tests.fuzz.messages import mostly
from tests.fuzz.mutations import damaged
from tests.fuzz.seeds import exploring
from wallet_core import config as core
from wallet_core.api.access import Access
from wallet_core.api.providers import Providers
from wallet_core.api.server import SERVICES

SECRET = "hunter2"
SECRETS = {"token", "secrets", "sha256", "token_key"}

CORE = """
database = "sqlite:///wallet.db"
listen = "127.0.0.1:8080"
metrics = "127.0.0.1:9090"
log_level = "info"
lanes = 2
default_deadline = 10.0
token_key = "env:KEY"
[terms]
debt_recovery_win = 50
[[tokens]]
name = "adapter"
role = "ADAPTER"
token = "env:KEY"
providers = ["acme"]
[[providers]]
provider_id = "acme"
protocol = "thrillgate"
policies = { overdraw = "NEGATIVE" }
game_ids = ["roulette"]
"""

ADAPTERS = """
[core]
target = "127.0.0.1:8080"
token = "env:KEY"
[adapters.acme]
provider_id = "acme"
protocol = "thrillgate"
secrets = ["env:KEY", "env:OLD"]
port = 8082
allow = ["203.0.113.0/24"]
trusted_hops = 1
algorithm = "sha512"
[adapters.acme.paths]
auth = "/auth"
"""

values = st.one_of(
    st.sampled_from(('""', '"env:"', '"env:NONE"', '"file:/none"')),
    st.sampled_from(
        ("0", "-1", "1e400", "nan", "inf", "9" * 100, "true", "[]", "{}", "[[]]", "{ a = 1 }", "1979-05-27")
    ),
    st.sampled_from(('"::1"', '"[::1]:80"', '"0.0.0.0:99999"', '"sqlite:///"', '"postgresql://"', '"SHA1"', '"/\\n"')),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20).map(json.dumps),
)


literal = st.sampled_from((f'"{SECRET}"', f'["{SECRET}"]', f'"ENV:{SECRET}"', f'{{ a = "{SECRET}" }}'))
"""A secret where only a reference to one may be."""


@st.composite
def changed(draw, text):
    """The file with another value in a few lines, a line more, or fewer."""
    lines = text.strip().splitlines()
    for _ in range(draw(st.integers(1, 3))):
        secret = [place for place, line in enumerate(lines) if line.partition(" = ")[0] in SECRETS]
        place = draw(mostly(st.integers(0, len(lines) - 1), st.sampled_from(secret or [0]), 3))
        name, is_setting, _ = lines[place].partition(" = ")
        match draw(st.sampled_from(("value", "value", "value", "drop", "again", "rename"))):
            case "value" if is_setting:
                lines[place] = f"{name} = {draw(literal | values if name in SECRETS else values)}"
            case "drop" if len(lines) > 1:
                del lines[place]
            case "again":
                lines.insert(place, lines[place])
            case _:
                lines[place] = draw(st.text(max_size=10)) + lines[place]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


PLAIN = [
    name
    for name, field in core.Settings.model_fields.items()
    if field.annotation in {str, int, float, bool} or get_origin(field.annotation) is Literal
]
"""The settings a variable of the environment gives as they are."""


def files(text):
    return mostly(changed(text), damaged(text.encode()) | st.binary(), 5)


def tried(read, known):
    """What a reader says of a file it cannot use; nothing where it can."""
    try:
        read()
    except known as error:
        return str(error)
    return ""


@exploring(200)
@given(raw=files(CORE))
def test_a_core_reads_any_file_or_says_why_not(tmp_path, monkeypatch, raw):
    path = tmp_path / "wallet.toml"
    path.write_bytes(raw)
    monkeypatch.setenv("KEY", "k" * 64)

    def read():
        settings = core.load(path)
        Providers(settings.providers)
        Access(settings.tokens, SERVICES)
        core.token_key(settings)

    said = tried(read, core.ConfigError)
    event("refused" if said else "read")
    assert SECRET not in said
    assert "Traceback" not in said


@exploring(200)
@given(raw=files(ADAPTERS))
def test_an_adapter_reads_any_file_or_says_why_not(tmp_path, raw):
    path = tmp_path / "adapters.toml"
    path.write_bytes(raw)

    def read():
        config = adapters.load(path)
        adapters.secret(config.core.token, "[core] token", {"KEY": "k", "OLD": "o"})
        adapters.tls(config.core)
        for name in config.adapters:
            adapters.adapter(config, name, {"KEY": "k", "OLD": "o"})

    said = tried(read, adapters.ConfigError)
    event("refused" if said else "read")
    assert SECRET not in said


@pytest.mark.parametrize("name", PLAIN)
@exploring(20)
@given(value=st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30) | values)
def test_a_core_reads_any_environment_or_says_why_not(monkeypatch, name, value):
    monkeypatch.setitem(os.environ, f"WALLET_{name.upper()}", value)

    said = tried(lambda: core.load(None), core.ConfigError)

    assert SECRET not in said
