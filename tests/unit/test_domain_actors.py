"""Who acts, and when two are one (R-SEC-01, R-CFG-04, A-26)."""

import pytest

from wallet_core.api.call import Caller
from wallet_core.domain.actors import Actor

PANEL = Caller("panel", 1, vouches=True)
SCRIPT = Caller("script", 1)
OTHER = Caller("other", 1)


def test_whoever_vouches_is_several_and_whoever_does_not_is_one():
    assert PANEL.acting("ann") == Actor("ann", "panel:ann")
    assert SCRIPT.acting("ann") == Actor("ann", "script")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (PANEL.acting("ann"), PANEL.acting("bob"), False),
        (PANEL.acting("ann"), PANEL.acting("ann"), True),
        (PANEL.acting("ann"), PANEL.acting(" ANN "), True),
        (PANEL.acting("Ann Lee"), PANEL.acting("ann  lee"), True),
        (PANEL.acting("ann"), PANEL.acting("\uff41nn"), True),  # of full width
        (PANEL.acting("ann"), PANEL.acting("a\u200bnn"), True),  # a space nobody sees
        (PANEL.acting("STRASSE"), PANEL.acting("straße"), True),
        (SCRIPT.acting("ann"), SCRIPT.acting("bob"), True),  # one token, whoever it names
        (SCRIPT.acting("ann"), OTHER.acting("bob"), False),
        (SCRIPT.acting("ann"), OTHER.acting("Ann"), True),  # who says to be one is taken at his word
        (SCRIPT.acting("ann"), PANEL.acting("bob"), False),
        (PANEL.acting("bob"), Actor.vouched("cli", "Bob"), True),
        (Actor("ann", "ann"), PANEL.acting("ann"), True),  # from before there were identities
    ],
)
def test_two_are_one_under_one_identity_or_one_name(one, other, same):
    assert one.is_also(other) is same
    assert other.is_also(one) is same
