"""What nobody is told: secrets in no answer and no log, tokens and signatures in no log."""

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.providers.door import LIVE, OLDER, move, opened

AMOUNTS = ("10.00", "100000.00", "-1.00", "NaN")


def secrets_of(dialect):
    """Both keys, as the provider and as the wallet has them; of a key pair the public half is no secret."""
    keys = [dialect.keys(name) for name in (LIVE, OLDER)]
    return {key.signs.decode() for key in keys}


def signature_of(dialect, signed, plain):
    """What was added to a request when it was signed."""
    added = [value for name, value in signed.headers.items() if name not in plain.headers]
    return {value for value in added if len(value) > 16}


async def heard(door, wires):
    """Everything that is said and logged when these are sent."""
    with capture_logs() as logs:
        replies = [await door.raw(wire) for wire in wires]
    return [reply.body.decode() for reply in replies], [str(log) for log in logs]


@pytest.mark.parametrize("state", ["served", "refused", "unanswered"])
async def test_no_secret_token_or_signature_is_told(door, core, seat, state):
    dialect = door.dialect
    seats = [seat, replace(seat, token="t0ken" * 8), replace(seat, player="nobody")]
    plain = [dialect.bet(move("bet", each, amount=amount)) for each in seats for amount in AMOUNTS]
    signed = [door.signed(wire) for wire in plain]
    if state == "served":
        answers, logs = await heard(door, signed)
    elif state == "refused":
        forged = [door.signed(wire, "somebody else's") for wire in plain]
        spoilt = [replace(wire, body=wire.body[:-9], target=wire.target[:-9]) for wire in signed]
        answers, logs = await heard(door, [*forged, *spoilt, *plain])
    else:
        async with opened(dialect, "127.0.0.1:1", "no-token", answer_within=0.1) as dead:
            answers, logs = await heard(dead, signed[:2])

    signatures = set().union(*map(signature_of, [dialect] * len(plain), signed, plain))
    for secret in secrets_of(dialect):
        assert [text for text in answers + logs if secret in text] == []
    for word in signatures | {each.token for each in seats if each.token} | {core.adapter_token}:
        assert [log for log in logs if word in log] == []
