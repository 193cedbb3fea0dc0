"""The configuration: what is read, and what is refused with a reason."""

import msgspec
import pytest

from adapters import providers, settings
from adapters.conformance.dialects import dialects
from adapters.settings import ConfigError

CORE = """
[core]
target = "127.0.0.1:7600"
token = "env:TOKEN"
"""
GENERIC = """
[adapters.one]
provider_id = "acme"
protocol = "generic_seamless"
secrets = ["env:NEW", "env:OLD"]
"""


def written(tmp_path, text):
    path = tmp_path / "adapters.toml"
    path.write_text(text)
    return path


def resolved(tmp_path, text, name="one", **environ):
    return settings.adapter(settings.load(written(tmp_path, text)), name, environ)


def test_an_adapter_has_defaults_and_the_settings_of_its_protocol(tmp_path):
    adapter = resolved(tmp_path, CORE + GENERIC + "window = 60\nport = 8080\n", NEW="n", OLD="o")

    assert adapter.secrets == (b"n", b"o")
    assert adapter.serving.port == 8080
    assert adapter.serving.max_body == 256 * 1024
    assert adapter.protocol_settings.window == 60


def test_nested_settings_of_a_protocol_are_read(tmp_path):
    text = """
[adapters.one]
provider_id = "thrillgate"
protocol = "thrillgate"
secrets = ["env:NEW"]
algorithm = "sha512"
[adapters.one.paths]
auth = "/auth"
"""
    adapter = resolved(tmp_path, CORE + text, NEW="n")

    assert adapter.protocol_settings.algorithm == "sha512"
    assert adapter.protocol_settings.paths.auth == "/auth"
    assert adapter.protocol_settings.paths.balance == "/wallet/balance"


def test_a_secret_comes_from_a_file_without_its_last_line_end(tmp_path):
    (tmp_path / "key").write_bytes(b" k \r\n")

    assert settings.secret(f"file:{tmp_path}/key", "here") == b" k "


@pytest.mark.parametrize("reference", ["hunter2", "", "ENV:X", "vault:x"])
def test_a_secret_in_the_file_itself_is_refused_and_not_repeated(reference):
    with pytest.raises(ConfigError, match=r"here: a secret is never written here; refer to it by env:NAME") as caught:
        settings.secret(reference, "here", {})

    assert not reference or reference not in str(caught.value)


@pytest.mark.parametrize("reference", ["env:NOT_SET", "file:/does/not/exist"])
def test_a_secret_that_is_not_there_is_named(reference):
    with pytest.raises(ConfigError, match=reference.partition(":")[2]):
        settings.secret(reference, "here", {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "core"),
        ("[core", "table declaration"),
        ("[core]\ntarget = 1\ntoken = 'env:X'\n[adapters]", "target"),
        ("[core]\ntarget = 'x'\ntoken = 'env:X'\nextra = 1\n[adapters]", "extra"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says):
        settings.load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("port = 70000", "port"),
        ("port = '80'", "port"),
        ("max_body = 1", "max_body"),
        ("answer_within = 0", "answer_within"),
        ("allow = ['nowhere']", "nowhere"),
        ("windw = 60", "windw"),
        ("window = 'long'", "window"),
    ],
)
def test_a_wrong_setting_is_named_with_its_adapter(tmp_path, line, says):
    with pytest.raises(ConfigError, match=rf"\[adapters.one\].*{says}"):
        resolved(tmp_path, CORE + GENERIC + line, NEW="n", OLD="o")


def test_unknown_names_are_answered_with_the_known_ones(tmp_path):
    with pytest.raises(ConfigError, match="no adapter 'two'; there are: one"):
        resolved(tmp_path, CORE + GENERIC, "two")
    with pytest.raises(ConfigError, match=f"no protocol 'soap'; there are: {', '.join(providers.protocols())}"):
        resolved(tmp_path, CORE + GENERIC.replace("generic_seamless", "soap"))


@pytest.mark.parametrize("dialect", dialects().values(), ids=lambda dialect: dialect.name)
def test_every_protocol_has_settings_with_defaults_and_connects(dialect):
    module = providers.module(dialect.protocol)
    keys = dialect.keys("live").checks

    assert module.connect("p", (keys,), module.Settings()).endpoints
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"no such setting": 1}, module.Settings)


def test_the_core_is_reached_by_tls_where_the_file_says_so(tmp_path):
    (tmp_path / "ca.pem").write_text("a CA")
    text = CORE + f'[core.tls]\nca = "{tmp_path / "ca.pem"}"\n' + GENERIC

    assert settings.tls(settings.load(written(tmp_path, CORE + GENERIC)).core) is None
    assert settings.tls(settings.load(written(tmp_path, text)).core).ca == b"a CA"


@pytest.mark.parametrize(
    ("table", "said"), [('ca = "/nowhere/ca.pem"', "No such file"), ('certificate = "c.pem"', "belong together")]
)
def test_what_tls_lacks_is_said(tmp_path, table, said):
    core = settings.load(written(tmp_path, CORE + f"[core.tls]\n{table}\n" + GENERIC)).core

    with pytest.raises(ConfigError, match=said):
        settings.tls(core)
