"""Who may call what: the roles each method names in the proto files, and the providers a token is limited to.

Health is open to all, for load balancers ask it; so is reflection, which tells what the proto files tell (a setting
turns it off). Channelz shows who is connected: it is for operators and readers. A method without roles is nobody's.
"""

import hashlib
from collections.abc import Iterable, Sequence

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from grpc import StatusCode
from wallet.v1 import access_pb2
from wallet.v1.access_pb2 import Role
from wallet.v1.wallet_pb2 import PreviewPlayRequest

from wallet_core.api.call import Caller
from wallet_core.api.errors import Denied
from wallet_core.config import ConfigError, Token, secret

OPEN = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})
CHANNELZ = "grpc.channelz.v1.Channelz"
CHANNELZ_ROLES = frozenset({int(Role.ROLE_OPERATOR), int(Role.ROLE_READER)})
ITEMWISE = frozenset({"/wallet.v1.WalletService/PlayMany"})
"""Each item names a provider of its own, and is answered by itself."""

SCHEME = "Bearer "


def service_of(method: str) -> str:
    """Return the service of a method's path."""
    return method.split("/")[1]


class Access:
    """The tokens that are known and the table of roles."""

    def __init__(self, tokens: Sequence[Token], services: Iterable[ServiceDescriptor]) -> None:
        """Read the tokens' references and the services' roles.

        Raises:
            ConfigError: a token cannot be read, or two are the same.
        """
        self._callers: dict[bytes, Caller] = {}
        for token in tokens:
            hashed = _hash_of(token)
            if hashed in self._callers:
                raise ConfigError(f"[[tokens]] {token.name}: another caller has the same token; give it its own")
            role = Role.Value(f"ROLE_{token.role}")
            self._callers[hashed] = Caller(token.name, role, frozenset(token.providers), token.vouches)
        methods = [method for service in services for method in service.methods]
        self.roles: dict[str, frozenset[int]] = {
            path(method): frozenset[int](method.GetOptions().Extensions[access_pb2.roles]) for method in methods
        }
        self._named = {path(method) for method in methods if "provider_id" in method.input_type.fields_by_name}

    def caller(self, authorization: str) -> Caller:
        """Return who has the token. It is looked up by its hash, so the time taken tells nothing of it.

        Raises:
            Denied: UNAUTHENTICATED.
        """
        token = authorization.removeprefix(SCHEME)
        if not token or token == authorization:
            raise Denied(StatusCode.UNAUTHENTICATED, "Send the metadata authorization: Bearer TOKEN.")
        found = self._callers.get(hashlib.sha256(token.encode()).digest())
        if found is None:
            raise Denied(StatusCode.UNAUTHENTICATED, "The token is not known here.")
        return found

    def check(self, method: str, caller: Caller, request: Message) -> None:
        """Pass what the caller may do.

        Raises:
            Denied: PERMISSION_DENIED.
        """
        roles = CHANNELZ_ROLES if service_of(method) == CHANNELZ else self.roles.get(method, frozenset())
        if caller.role not in roles:
            raise Denied(StatusCode.PERMISSION_DENIED, f"{caller.name} has not the role for {method}.")
        if isinstance(request, PreviewPlayRequest):
            named: str | None = request.play.provider_id
        else:
            named = getattr(request, "provider_id", "") if method in self._named else None
        if named is not None and not caller.may_name(named):
            raise Denied(
                StatusCode.PERMISSION_DENIED,
                f"{caller.name} may not name the provider; its own: {', '.join(sorted(caller.providers))}.",
            )


def path(method: MethodDescriptor) -> str:
    """Return a method's path."""
    return f"/{method.containing_service.full_name}/{method.name}"


def _hash_of(token: Token) -> bytes:
    where = f"[[tokens]] {token.name}"
    if token.token:
        return hashlib.sha256(secret(token.token, where).encode()).digest()
    try:
        hashed = bytes.fromhex(token.sha256)
    except ValueError:
        hashed = b""
    if len(hashed) != hashlib.sha256().digest_size:
        raise ConfigError(f"{where}: sha256 is not 64 hex digits; write the output of sha256sum")
    return hashed
