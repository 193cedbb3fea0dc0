"""Who may call, behind proxies of ours and of others."""

import pytest

from adapters.addresses import AllowList, client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "address"),
    [
        ("192.0.2.1", [], 0, "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], 0, "192.0.2.1"),  # anybody can write that header
        ("10.0.0.1", ["203.0.113.9"], 1, "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7, 203.0.113.9"], 1, "203.0.113.9"),  # the first entry is the caller's own claim
        ("10.0.0.1", ["198.51.100.7, 203.0.113.9, 10.0.0.2"], 2, "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7", "203.0.113.9 ,10.0.0.2"], 2, "203.0.113.9"),
        ("10.0.0.1", [], 1, None),
        ("10.0.0.1", ["203.0.113.9"], 2, None),
        ("10.0.0.1", ["unknown"], 1, None),
        ("10.0.0.1", [""], 1, None),
        (None, [], 0, None),
        ("::ffff:192.0.2.1", [], 0, "192.0.2.1"),
        ("2001:db8::1", [], 0, "2001:db8::1"),
    ],
)
def test_the_caller_is_whom_our_outermost_proxy_heard(peer, forwarded, hops, address):
    found = client_address(peer, forwarded, hops)

    assert address == (None if found is None else str(found))


def test_only_listed_networks_may_call():
    listed = AllowList(["203.0.113.0/24", "2001:db8::/32"])

    assert listed.admits("203.0.113.9", [])
    assert listed.admits("2001:db8::1", [])
    assert not listed.admits("203.0.114.9", [])
    assert not listed.admits(None, [])


def test_without_a_list_anybody_may_call():
    assert AllowList([]).admits(None, [])
