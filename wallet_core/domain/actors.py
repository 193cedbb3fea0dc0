"""Actors: who acts, by the name that is stated and as whom the core knows him. Four eyes are two people's (R-SEC-01).

What a request states is a word; who sent it is known. So somebody who names others is still himself, unless the
operator has said that this caller vouches for those it names.
"""

import unicodedata

from msgspec import Struct


class Actor(Struct, frozen=True):
    """Somebody who acts.

    Attributes:
        name: as it is stated.
        identity: as whom he is known: of a caller that vouches <caller>:<name>, of any other the caller, whoever it
            names; of what was kept before there were identities, the name.
    """

    name: str
    identity: str

    @classmethod
    def vouched(cls, by: str, name: str) -> "Actor":
        """Return somebody that a caller has authenticated."""
        return cls(name, f"{by}:{name}")

    def is_also(self, other: "Actor") -> bool:
        """Whether both are one person for all that is known: under one identity, or one name."""
        return _plain(self.identity) == _plain(other.identity) or _plain(self.name) == _plain(other.name)


def _plain(word: str) -> str:
    """Return a word without what only looks different: case, width, spaces, and characters nobody sees."""
    known = unicodedata.normalize("NFKC", word).casefold()
    return "".join(each for each in known if not each.isspace() and unicodedata.category(each) != "Cf")
