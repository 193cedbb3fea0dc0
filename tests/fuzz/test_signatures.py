"""Signature checks: a changed request never passes under an old signature, and no header makes a check fail."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from adapters import signing
from adapters.conformance.wires import Wire
from adapters.faults import Fault, Rejected
from adapters.provider import Request
from tests.fuzz.doors import LIVE, OF, by_header, connected
from tests.fuzz.mutations import damaged
from tests.fuzz.seeds import RECEIVED_AT, exploring, seeds

THRILLGATE = "X-Server-Authorization"


def target(request):
    return f"{request.path}?{request.query}" if request.query else request.path


def by(dialect):
    """How a dialect signs."""
    secret = dialect.keys(LIVE).signs

    def sign(request):
        wire = Wire(request.method, target(request), request.body, dict(request.headers))
        signed_wire = dialect.sign(wire, secret, RECEIVED_AT)
        return {name: value for name, value in signed_wire.headers.items() if name not in request.headers}

    return sign


def otherwise(request):
    """How ThrillGate signs where it is set to."""
    secret = OF["thrillgate"].keys(LIVE).signs
    return {THRILLGATE: signing.sign(secret, request.body, "sha512", "base64")}


def by_bytes(dialect):
    """Whether a header signs the body's bytes: not what they mean, and not who sends them."""
    seed, sign = seeds(dialect.protocol)[0], by(dialect)
    longer = msgspec.structs.replace(seed, body=seed.body + b" ")
    differ = sign(seed).get(dialect.signature) != sign(longer).get(dialect.signature)
    return by_header(dialect) and seed.body.startswith(b"{") and differ


BY_BYTES = [dialect for dialect in OF.values() if by_bytes(dialect)]

SIGNERS = [
    *(pytest.param(connected(each.protocol), by(each), seeds(each.protocol), id=each.protocol) for each in BY_BYTES),
    pytest.param(
        connected("thrillgate", algorithm="sha512", encoding="base64", sign_bodyless="optional"),
        otherwise,
        seeds("thrillgate"),
        id="thrillgate otherwise",
    ),
]
every_signer = pytest.mark.parametrize(("provider", "sign", "sent"), SIGNERS)

anything = st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))


def signed(request, sign):
    return msgspec.structs.replace(request, headers=CIMultiDict({**request.headers, **sign(request)}))


def passes(provider, request):
    """Whether the signature is taken; a check says yes or no and nothing else."""
    try:
        provider.verify(request)
    except Rejected as rejected:
        code = rejected.code
    else:
        return True
    assert code in {Fault.INVALID_SIGNATURE, Fault.STALE_TIMESTAMP}
    return False


@every_signer
def test_one_byte_of_the_body_is_enough(provider, sign, sent):
    for request in sent:
        told = signed(request, sign)
        assert passes(provider, told)
        for place in range(len(request.body)):
            for other in (request.body[place] ^ 1, request.body[place] ^ 0x80, 0):
                body = request.body[:place] + bytes([other]) + request.body[place + 1 :]
                assert not passes(provider, msgspec.structs.replace(told, body=body)), (place, other)


@every_signer
@exploring(100)
@given(data=st.data())
def test_a_changed_body_never_passes(provider, sign, sent, data):
    told = signed(data.draw(st.sampled_from([each for each in sent if each.body])), sign)
    body = data.draw(damaged(told.body))

    assert not passes(provider, msgspec.structs.replace(told, body=body))


@every_signer
@exploring(100)
@given(data=st.data())
def test_a_changed_signature_never_passes(provider, sign, sent, data):
    request = data.draw(st.sampled_from([each for each in sent if each.body]))
    headers = sign(request)
    name = data.draw(st.sampled_from(sorted(name for name in headers if not name.endswith("Key-Id"))))
    value = headers[name]
    other = data.draw(damaged(value.encode()).map(lambda raw: raw.decode("utf-8", "surrogateescape")) | anything)
    assume(other != value)
    told = msgspec.structs.replace(request, headers=CIMultiDict({**request.headers, **headers, name: other}))

    assert not passes(provider, told)


@exploring(100)
@given(data=st.data())
def test_in_our_own_dialect_method_path_and_query_are_signed_too(data):
    dialect = OF["generic_seamless"]
    provider = connected(dialect.protocol)
    told = signed(data.draw(st.sampled_from(seeds(dialect.protocol))), by(dialect))
    member = data.draw(st.sampled_from(("method", "path", "query")))
    other = data.draw(damaged(getattr(told, member).encode()).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
    changed = msgspec.structs.replace(told, **{member: other})
    assume((changed.method, target(changed)) != (told.method, target(told)))

    assert not passes(provider, changed)


@every_signer
@exploring(100)
@given(data=st.data())
def test_whatever_is_in_the_headers_the_check_says_yes_or_no(provider, sign, sent, data):
    names = st.sampled_from((*sign(sent[0]), "Content-Type")) | anything
    headers = data.draw(st.dictionaries(names, anything, max_size=4).map(CIMultiDict))
    body = data.draw(st.binary(min_size=1))
    moment = data.draw(st.floats(0, 1e12))

    assert not passes(provider, Request("POST", "/", data.draw(anything), headers, body, moment))
