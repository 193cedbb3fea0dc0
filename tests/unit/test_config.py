"""Settings: where they come from, and what is said of those that cannot be used."""

import pytest

from wallet_core.api.providers import Providers
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
        ('[[tokens]]\nname = "a"\nrole = "ADAPTER"\ntoken = "env:A"', "an ADAPTER needs providers"),
        ('[[tokens]]\nname = "a"\nrole = "ADAPTER"\ntoken = "env:A"\nproviders = ["b"]', "add it to"),
        ('[[providers]]\nprovider_id = "a"\nprotocol = "x"\n' * 2, "same provider_id"),
        ('[[providers]]\nprovider_id = "a b"\nprotocol = "x"', "providers.0.provider_id"),
    ],
    ids=["name", "database", "range", "address", "syntax", "role", "no-token", "any", "unknown", "twice", "id"],
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
