"""Providers: their registrations as the core reads them, and ProviderService."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, get_type_hints

from grpc.aio import ServicerContext
from msgspec import Struct
from msgspec.structs import replace
from wallet.v1 import providers_pb2 as pb
from wallet.v1.providers_pb2_grpc import ProviderServiceServicer

from wallet_core.config import ConfigError
from wallet_core.config import Provider as Registration
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.profiles import PROFILES, Profile

POLICIES: dict[str, type[Enum]] = get_type_hints(Profile)


class Provider(Struct, frozen=True):
    """A registered provider, its policies settled."""

    provider_id: str
    protocol: str
    profile_name: str
    profile: Profile
    game_ids: frozenset[str]


class Providers:
    """All of them, by id."""

    def __init__(self, registrations: Sequence[Registration]) -> None:
        """Settle each registration's policies.

        Raises:
            ConfigError: a profile or policy does not exist.
        """
        self._by_id = {each.provider_id: _registered(each) for each in registrations}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_id.values())

    def named(self, provider_id: str) -> Provider:
        """Return the provider.

        Raises:
            Refused: UNKNOWN_PROVIDER.
        """
        found = self._by_id.get(provider_id)
        if found is None:
            raise Refused(Reason.UNKNOWN_PROVIDER)
        return found

    def profile(self, provider_id: str) -> Profile | None:
        """Return the provider's profile; none for partners of our own, and for providers that are gone."""
        found = self._by_id.get(provider_id)
        return found.profile if found else None

    def profiles(self) -> dict[str, Profile]:
        """Return all profiles by provider id."""
        return {provider_id: provider.profile for provider_id, provider in self._by_id.items()}


def _registered(registration: Registration) -> Provider:
    where = f"[[providers]] {registration.provider_id}"
    name = registration.profile or registration.protocol
    if name not in PROFILES:
        raise ConfigError(f"{where}: there is no profile {name}; choose one of {', '.join(sorted(PROFILES))}")
    changes: dict[str, Enum] = {}
    for policy, value in registration.policies.items():
        kind = POLICIES.get(policy)
        if kind is None:
            raise ConfigError(f"{where}: there is no policy {policy}; choose one of {', '.join(POLICIES)}")
        if value not in kind.__members__:
            raise ConfigError(f"{where}: {policy} is not {value}; choose one of {', '.join(kind.__members__)}")
        changes[policy] = kind[value]
    return Provider(
        provider_id=registration.provider_id,
        protocol=registration.protocol,
        profile_name=name,
        profile=replace(PROFILES[name], **changes),
        game_ids=frozenset(registration.game_ids),
    )


class ProviderService(ProviderServiceServicer):
    """Who is connected."""

    def __init__(self, providers: Providers) -> None:
        """Take the registrations."""
        self._providers = providers

    async def ListProviders(
        self, request: pb.ListProvidersRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListProvidersResponse:
        """Answer the registrations with their policies."""
        return pb.ListProvidersResponse(
            providers=[
                pb.Provider(
                    provider_id=each.provider_id,
                    protocol=each.protocol,
                    profile=each.profile_name,
                    policies={policy: getattr(each.profile, policy).value for policy in POLICIES},
                    game_ids=sorted(each.game_ids),
                )
                for each in self._providers
            ]
        )
