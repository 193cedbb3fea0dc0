"""What two suppliers of one protocol disagree in, and what its documentation leaves open."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider's secrets are its public keys in PEM.

    What a rollback of an unknown transaction is answered is the policy `unknown_rollback` of its registration.
    """

    # Whose paths, header and statuses.
    dialect: Literal["hub88", "caleta"] = "hub88"
    # Before every path, such as "/callbacks".
    prefix: Annotated[str, Meta(pattern=r"^(/[!-~]*)?$(?!\n)")] = ""
    # Who pays a bet that is marked free while it names an amount. The documentation does not say; nobody's cash is
    # taken for what was given to him.
    free_bets: Literal["nobody", "player"] = "nobody"
    # Whether the `reward_uuid` of a free bet or win names free rounds granted in the core.
    grants: bool = False
    # What user/info says of players whose country the wallet does not keep, such as "MT". The documentation wants one
    # of everybody; empty leaves the member out, for nobody's country is guessed.
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$(?!\n)")] = ""
    # The documentation has the balance beside NOT_ENOUGH_MONEY; Caleta's own suite wants every error without.
    poor_balance: Literal["by dialect", "shown", "absent"] = "by dialect"
