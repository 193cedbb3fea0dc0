"""Settings: where they come from, and what is said of those that cannot be used."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters import settings as adapters
from wallet_core import config as core
from wallet_core.api.providers import Providers
from wallet_core.api.server import _credentials
from wallet_core.cli import MISUSED, app
from wallet_core.config import ConfigError, Provider, Settings, load, secret, token_key
from wallet_core.domain.profiles import Overdraw

FILE = """
database = "postgresql://wallet@db/wallet"
token_key = "file:/run/secrets/token.key"
[terms]
debt_recovery_win = 30
[[tokens]]
name = "acme"
role = "ADAPTER"
token = "env:ACME_TOKEN"
providers = ["acme"]
[[providers]]
provider_id = "acme"
protocol = "hub88"
policies = { overdraw = "NEGATIVE" }
"""


def written(tmp_path, text):
    path = tmp_path / "core.toml"
    path.write_text(text)
    return path


def test_the_file_is_read(tmp_path):
    settings = load(written(tmp_path, FILE))
    assert settings.database == "postgresql://wallet@db/wallet"
    assert settings.terms.debt_recovery_win == 30
    assert settings.tokens[0].providers == ["acme"]
    assert not settings.tokens[0].vouches, "nobody vouches for those it names unless the operator says so (R-SEC-01)"


def test_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("WALLET_DATABASE", "sqlite:///var/lib/wallet.db")
    monkeypatch.setenv("WALLET_TERMS__DEBT_RECOVERY_WIN", "40")
    settings = load(written(tmp_path, FILE))
    assert settings.database == "sqlite:///var/lib/wallet.db"
    assert settings.terms.debt_recovery_win == 40


def test_there_is_a_place_for_the_books_by_default(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert Settings().database == "sqlite:///state/wallet/wallet.db"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("databse = 1", "databse"),
        ('database = "mysql://x"', "sqlite:///absolute/path"),
        ("batch_max = 0", "batch_max"),
        ('listen = "8080"', "listen"),
        ("this is no TOML", "is not TOML"),
        ('[[tokens]]\nname = "a"\nrole = "KING"\ntoken = "env:A"', "tokens.0.role"),
        ('[[tokens]]\nname = "a"\nrole = "READER"', "give either token"),
        ('[[tokens]]\nname = "a"\nrole = "READER"\ntoken = "env:A"\nvouches = "who"', "tokens.0.vouches"),
        ('[[tokens]]\nname = "a"\nrole = "ADAPTER"\ntoken = "env:A"', "an ADAPTER needs providers"),
        ('[[tokens]]\nname = "a"\nrole = "ADAPTER"\ntoken = "env:A"\nproviders = ["b"]', "add it to"),
        ('[[providers]]\nprovider_id = "a"\nprotocol = "x"\n' * 2, "same provider_id"),
        ('[[providers]]\nprovider_id = "a b"\nprotocol = "x"', "providers.0.provider_id"),
    ],
    ids=[
        "name",
        "database",
        "range",
        "address",
        "syntax",
        "role",
        "no-token",
        "vouches",
        "any",
        "unknown",
        "twice",
        "id",
    ],
)
def test_what_cannot_be_used_is_explained(tmp_path, change, says):
    with pytest.raises(ConfigError, match=says):
        load(written(tmp_path, change))


def test_a_value_is_not_repeated_for_it_may_be_a_secret(tmp_path):
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, 'listen = "hunter2"'))
    assert "hunter2" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="--config"):
        load(tmp_path / "none.toml")


def test_secrets_are_references(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "from the environment")
    (tmp_path / "a").write_text("from the file\n")
    assert secret("env:A_SECRET", "here") == "from the environment"
    assert secret(f"file:{tmp_path}/a", "here") == "from the file"
    for reference in ("hunter2", "env:NOT_SET", f"file:{tmp_path}/none"):
        with pytest.raises(ConfigError, match="here") as error:
            secret(reference, "here")
        assert "hunter2" not in str(error.value)


def test_a_token_key_is_long(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "short")
    with pytest.raises(ConfigError, match="at least 32"):
        token_key(Settings(token_key="env:KEY"))
    with pytest.raises(ConfigError, match="token_key is missing"):
        token_key(Settings())


def test_policies_replace_those_of_the_profile():
    providers = Providers([Provider(provider_id="a", protocol="hub88", policies={"overdraw": "NEGATIVE"})])
    assert providers.named("a").profile.overdraw is Overdraw.NEGATIVE
    assert providers.profile("b") is None


@pytest.mark.parametrize(
    ("registration", "says"),
    [
        (Provider(provider_id="a", protocol="unheard-of"), "choose one of .*hub88"),
        (Provider(provider_id="a", protocol="hub88", policies={"mood": "GOOD"}), "choose one of repeat"),
        (Provider(provider_id="a", protocol="hub88", policies={"repeat": "MAYBE"}), "choose one of CONFLICT, REPLAY"),
    ],
    ids=["profile", "policy", "value"],
)
def test_a_registration_that_cannot_be_used_is_explained(registration, says):
    with pytest.raises(ConfigError, match=says):
        Providers([registration])


# What the environment and the files may hold by mistake: each is said in a line that does not repeat it.

GARBAGE = ("", "[", "hunter2", '{"hunter2": ', "[" * 100_000)
ERRORS = (core.ConfigError, adapters.ConfigError)


@pytest.mark.parametrize("name", ["TERMS", "TOKENS", "PROVIDERS", "TLS"])
@pytest.mark.parametrize("value", GARBAGE, ids=["empty", "cut off", "a word", "half", "deep"])
def test_a_variable_that_is_no_json_is_named_and_ends_the_start(monkeypatch, name, value):
    monkeypatch.setenv(f"WALLET_{name}", value)
    for command in ("serve", "check", "migrate"):
        ended = CliRunner().invoke(app, [command])
        assert ended.exit_code == MISUSED
        assert len(ended.stderr.splitlines()) == 1
        assert f"settings: the environment: {name.lower()}: WALLET_{name} is not JSON" in ended.stderr
        assert "hunter2" not in ended.output


@pytest.mark.parametrize(("name", "value"), [("TERMS", "[]"), ("TOKENS", "{}"), ("PROVIDERS", '["hunter2"]')])
def test_a_variable_of_another_shape_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"WALLET_{name}", value)
    with pytest.raises(ConfigError, match=name.lower()) as error:
        load(None)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("load", [core.load, adapters.load], ids=["core", "adapters"])
@pytest.mark.parametrize(
    "text",
    [b"a = " + b"[" * 5_000, b"a = " + b"{a=" * 5_000, b"\xff\xfe", b'a = "\x00"', b"a = 1e999999\n["],
    ids=["arrays", "tables", "no UTF-8", "NUL", "cut off"],
)
def test_a_file_that_is_no_toml_is_named_in_one_line(tmp_path, load, text):
    path = tmp_path / "it.toml"
    path.write_bytes(text)
    with pytest.raises(ERRORS, match=r"it\.toml") as error:
        load(path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("load", [core.load, adapters.load], ids=["core", "adapters"])
def test_a_path_of_settings_with_a_nul_is_refused(tmp_path, load):
    with pytest.raises(ERRORS, match=r"NUL|null"):
        load(tmp_path / "a\0b")


@pytest.mark.parametrize("read", [core.secret, adapters.secret], ids=["core", "adapters"])
def test_a_secret_whose_path_has_a_nul_is_refused_and_not_repeated(read):
    with pytest.raises(ERRORS, match="here: NUL") as error:
        read("file:hunter2\0", "here")
    assert "hunter2" not in str(error.value)


def test_a_secret_that_is_no_text_is_refused_by_the_core(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"hunter2\xff")
    monkeypatch.setenv("A_SECRET", "hunter2\udcff")
    for reference in (f"file:{tmp_path}/a", "env:A_SECRET"):
        with pytest.raises(ConfigError, match=r"here: .*not UTF-8") as error:
            secret(reference, "here")
        assert "hunter2" not in str(error.value)
        assert "ff" not in str(error.value)


def test_a_secret_of_an_adapter_may_be_any_bytes(monkeypatch):
    monkeypatch.setenv("A_SECRET", "k\udcff")
    assert adapters.secret("env:A_SECRET", "here") == b"k\xff"


def test_a_certificate_whose_path_has_a_nul_is_refused():
    with pytest.raises(ERRORS, match="NUL"):
        adapters.tls(adapters.Core("x", "env:X", adapters.CoreTls(ca=Path("a\0b"))))
    with pytest.raises(ERRORS, match="NUL"):
        _credentials(core.Tls(certificate=Path("a\0b"), key=Path("c")))
