"""Who is calling, behind how many proxies of ours, and whether that address may."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


class AllowList:
    """Networks that may call; with none of them, everybody may."""

    def __init__(self, networks: Sequence[str], trusted_hops: int = 0) -> None:
        self._networks = [ip_network(network) for network in networks]
        self._trusted_hops = trusted_hops

    def __bool__(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._networks)

    def admits(self, peer: str | None, forwarded: Sequence[str]) -> bool:
        """`peer` is the socket's other end, `forwarded` the X-Forwarded-For headers in order."""
        if not self._networks:
            return True
        address = client_address(peer, forwarded, self._trusted_hops)
        return address is not None and any(address in network for network in self._networks)


def client_address(peer: str | None, forwarded: Sequence[str], trusted_hops: int) -> IPv4Address | IPv6Address | None:
    """The address that called the outermost of our proxies, None where that cannot be told.

    Each of our proxies appends whom it heard from, so only the last `trusted_hops` entries are ours to believe; what
    stands before them anybody may have written.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] if trusted_hops else []
    hops.append(peer or "")
    if len(hops) <= trusted_hops:
        return None
    try:
        address = ip_address(hops[-1 - trusted_hops])
    except ValueError:
        return None
    # A socket that listens on IPv6 shows IPv4 callers as ::ffff:a.b.c.d.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
