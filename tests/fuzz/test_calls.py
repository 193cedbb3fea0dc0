"""Every call of the core, on each database: whatever is asked, it answers or refuses, and the books stay in order."""

import grpc
from google.protobuf.message_factory import GetMessageClass
from hypothesis import event, given
from hypothesis import strategies as st

from tests.fuzz.doors import leaks
from tests.fuzz.messages import messages, mostly
from tests.fuzz.seeds import exploring
from wallet_core.api.server import SERVICES

METHODS = {
    f"/{method.containing_service.full_name}/{method.name}": (
        GetMessageClass(method.input_type),
        GetMessageClass(method.output_type),
    )
    for service in SERVICES
    for method in service.methods
}
FAULTS = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}

asked = st.sampled_from(sorted(METHODS)).flatmap(
    lambda path: st.tuples(
        st.just(path), mostly(messages(METHODS[path][0], likely=True), messages(METHODS[path][0]), 5)
    )
)


@exploring(500)
@given(asked=asked)
async def test_any_call_is_answered_or_refused(any_sound_core, asked):
    path, request = asked
    _, reply = METHODS[path]
    async with any_sound_core.channel("OPERATOR") as (channel, metadata):
        call = channel.unary_unary(path, type(request).SerializeToString, reply.FromString)
        try:
            answer = await call(request, metadata=metadata, timeout=10)
        except grpc.aio.AioRpcError as error:
            code, told = error.code(), error.details() or ""
        else:
            code, told = grpc.StatusCode.OK, str(answer)
            assert not any(outcome.HasField("fault") for outcome in getattr(answer, "outcomes", ())), (request, told)
    event(f"{path.rpartition('/')[2]} {code.name}")

    assert code not in FAULTS, (path, request, told)
    assert not leaks(told.encode(), request.SerializeToString()), told
