"""Addresses of clients: who is believed about them, and what an invented header is worth."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_app.http.address import MOST_HOPS, UNKNOWN, client_address, counted_as, counted_client

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    """A request from ``peer`` with these lines of ``X-Forwarded-For``."""
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    return {"type": "http", "client": None if peer is None else (peer, 1234), "headers": headers}


@pytest.mark.parametrize("line", ["203.0.113.9", "10.0.0.1", "x", "", "::1", "203.0.113.9, 10.0.0.1"])
@pytest.mark.parametrize("peer", ["198.51.100.1", "10.0.0.7", "2001:db8::1"])
def test_without_trusted_proxies_the_header_is_not_looked_at(peer: str, line: str) -> None:
    """Whatever it says."""
    assert client_address(scope(peer, line), ()) == peer


@pytest.mark.parametrize(
    "peer, lines, address",
    [
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.2.0.1"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9,10.2.0.1"], "203.0.113.9"),
        ("10.0.0.1", ["10.3.0.1, 10.2.0.1"], "10.3.0.1"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("10.0.0.1", ["2001:db8::9"], "2001:db8::9"),
        ("10.0.0.1", ["fe80::9%eth0"], "fe80::9"),
        ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["203.0.113.9"], "203.0.113.9"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, , 10.2.0.1"], "10.2.0.1"),
        ("10.0.0.1", ["\xff\x00"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
    ],
)
def test_the_last_hop_that_is_none_of_ours(peer: str, lines: list[str], address: str) -> None:
    """Read from the end; what a client wrote is not believed; what is no address ends the search."""
    assert client_address(scope(peer, *lines), OURS) == address


def test_a_client_without_an_address() -> None:
    """A socket of this machine has none; neither has a peer by a name."""
    assert client_address(scope(None, "203.0.113.9"), OURS) == UNKNOWN
    assert client_address(scope("testclient"), ()) == UNKNOWN
    assert counted_client(scope(None), ()) == UNKNOWN


def test_an_endless_header_is_not_walked() -> None:
    """A few hops are looked at."""
    hops = ", ".join(["203.0.113.9"] + ["10.0.0.2"] * MOST_HOPS)
    assert client_address(scope("10.0.0.1", hops), OURS) == "10.0.0.2"


@given(st.text(st.characters(codec="latin-1"), max_size=60))
def test_no_text_before_our_proxys_word_matters(invented: str) -> None:
    """A client that invents hops is still found."""
    assert client_address(scope("10.0.0.1", invented, "203.0.113.9"), OURS) == "203.0.113.9"
    assert client_address(scope("10.0.0.1", f"{invented},203.0.113.9"), OURS) == "203.0.113.9"


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_what_an_address_counts_as(address: str, network: str) -> None:
    """The addresses that one line of IPv6 has are one client."""
    assert counted_as(address) == network
