"""The file of `policies apply`: what is read of it, and what is said of one that cannot be."""

from pathlib import Path

import pytest

from wallet_core.cli.policies import Unusable, read
from wallet_core.domain.layers import Setting
from wallet_core.domain.policy_keys import Layer

ONE = '[[settings]]\nkey = "funding.mode"\nlayer = "BRAND"\nscope = "demo"\nvalue = "NO_MIX"\n'


def reading(tmp_path, text):
    file = tmp_path / "x.toml"
    file.write_text(text)
    return read(file)


def test_a_file_is_read(tmp_path):
    name, reason, at, settings = reading(
        tmp_path, 'reason = "why"\neffective_at = 2026-01-19T01:00:00+01:00\n' + ONE.replace('"NO_MIX"', "2.50")
    )
    assert name.startswith("x-")
    assert (reason, at) == ("why", 1_768_780_800_000_000)
    assert settings == (Setting("funding.mode", Layer.BRAND, "demo", "2.50"),)
    again, *_ = reading(tmp_path, 'reason = "why"\n' + ONE)
    assert again != name


def test_nothing_goes_into_force_before_the_moment_that_was_asked(tmp_path):
    _, _, at, _ = reading(tmp_path, 'reason = "why"\neffective_at = 2026-01-19T00:00:00.25Z\n' + ONE)
    assert at == 1_768_780_801_000_000


def test_the_example_is_read():
    _, reason, at, settings = read(Path(__file__).parents[2] / "deploy" / "policies.toml")
    assert (reason, at, len(settings)) == ("The demo brand opens", 0, 10)
    assert {setting.value for setting in settings} >= {"true", "35", "CASH,BONUS", "5.00"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reason = ", "TOML"),
        (f"a = {'[' * 100_000}", "TOML"),
        (ONE, "reason"),
        ('reason = "x"\nsettings = 1', "settings"),
        ('reason = "x"\nsettings = [1]', "settings"),
        ('reason = "x"\nmood = "good"\n' + ONE, "mood"),
        ('reason = "x"\neffective_at = 2026-01-19\n' + ONE, "effective_at"),
        ('reason = "x"\neffective_at = 2026-01-19T00:00:00\n' + ONE, "effective_at"),
        ('reason = "x"\n' + ONE.replace("BRAND", "BRAN"), "settings[0].layer"),
        ('reason = "x"\n' + ONE.replace("scope", "scoop"), "scoop"),
        ('reason = "x"\n' + ONE.replace('"demo"', "1"), "settings[0].scope"),
        ('reason = "x"\n' + ONE + "remove = true\n", "either"),
        ('reason = "x"\n' + ONE + "locked = 1\n", "settings[0].locked"),
        ('reason = "x"\n' + ONE.replace('value = "NO_MIX"\n', ""), "either"),
    ],
)
def test_what_is_no_file_of_settings_is_said(tmp_path, text, words):
    with pytest.raises(Unusable, match=words.replace("[", r"\[")):
        reading(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Unusable, match="No such file"):
        read(tmp_path / "nothing.toml")
