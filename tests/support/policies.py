"""Policies in a line, and those that let bonuses be granted: where nobody has published any, there are none."""

from wallet_core.domain.layers import Setting
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.publications import Publication

BONUSES = (
    Setting("bonus.allowed", Layer.BRAND, "*", "true"),
    Setting("bonus.max_active", Layer.BRAND, "*", "100"),
)
"""Any brand may grant bonuses, and as many of a group as a template says."""


def policies(*settings: Setting, bonuses: bool = True) -> Policies:
    """What is in force by one publication of settings, on top of what lets bonuses be granted."""
    wanted = (*(BONUSES if bonuses else ()), *settings)
    return Policies.built([Publication("", 1, "d1", "ann", "bob", "the tests", wanted, 0, 0)], 1)


ALLOWING = policies()
