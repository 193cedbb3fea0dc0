"""What a provider means to do: transactions, the requests that carry them, and stories of requests."""

from enum import Enum

from msgspec import Struct

from tests.storage.books import EUR

LIVE, OVER = "live", "over"
"""The sessions a player has at a provider: one that lives, and one that had ended before anything was played."""


class Kind(Enum):
    """What a transaction is; the ledger's names."""

    BET = 1
    WIN = 2
    ROLLBACK = 3
    NOTE = 4


class Form(Enum):
    """How a request is said."""

    ONE = "one"
    PLAY = "play"  # several transactions of a round, all or nothing
    BATCH = "batch"  # several wins of anybody's, each for itself
    UNBATCH = "unbatch"  # the rollback of a batch
    NAMELESS = "nameless"  # a rollback that does not say whose
    PART = "part"  # a rollback of a part
    CLOSE = "close"  # of a round, by itself
    STATUS = "status"  # what has become of a transaction


class Transaction(Struct, frozen=True, gc=False):
    """A bet, a win, a rollback or a note, as the provider has it.

    Attributes:
        id: the provider's; a rollback's is its original's.
        amount: in ledger units; of a rollback, 0 for everything.
        worth: what it leaves the player with in the end, if `sure`; otherwise, if it is accepted.
        sure: whether the story alone says what becomes of it.
        other: whether the id is known to be used up by other contents.
    """

    provider_id: str
    player: str
    kind: Kind
    id: str
    amount: int
    worth: int = 0
    sure: bool = True
    other: bool = False

    def __str__(self) -> str:
        return f"{self.provider_id} {self.kind.name} {self.id} of {self.player}, {amount_text(self.amount)}"


class Request(Struct, frozen=True, gc=False):
    """What is sent, as often as need be.

    Attributes:
        id: of the batch, the play or the one transaction.
        use: the session it is played in.
        expects: the core's reasons it may be refused for, `OK` among them where it may be accepted.
    """

    provider_id: str
    form: Form
    id: str
    transactions: tuple[Transaction, ...]
    expects: frozenset[str]
    round_id: str = ""
    close: bool = False
    use: str = LIVE

    def __str__(self) -> str:
        return f"{self.provider_id} {self.form.value} {self.id} ({'; '.join(map(str, self.transactions))})"


class Send(Struct, frozen=True, gc=False):
    """A request on its way: on so many connections at once, on each until it is answered; a `hasty` one just once."""

    request: Request
    copies: int = 1
    hasty: bool = False


class Story(Struct, frozen=True):
    """One after another, what is sent at once."""

    number: int
    kind: str
    steps: tuple[tuple[Send, ...], ...]

    @property
    def transactions(self) -> list[Transaction]:
        """Each once."""
        found = (each for step in self.steps for send in step for each in send.request.transactions)
        return list(dict.fromkeys(found))


class Purse(Struct, frozen=True):
    """A player, and what it starts with."""

    player: str
    amount: int


def amount_text(amount: int) -> str:
    """Return an amount of ledger units as a plain decimal."""
    units, fraction = divmod(amount, EUR)
    return f"{units}.{fraction:06d}".rstrip("0").rstrip(".")
