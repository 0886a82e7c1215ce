"""Which addresses may be reached."""

from __future__ import annotations

import pytest

from crawler.hosts import HostError, address_refusal, endpoint_of, is_loopback, is_public, parse_host, refusal

DECLARED = frozenset({("example.org", None), ("127.0.0.1", 8770), ("8.8.8.8", None), ("10.0.0.5", None)})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:8001/", "http://127.0.0.2:8770/", "http://127.1:8770/",
        "http://0177.0.0.1:8770/", "http://0x7f000001:8770/", "http://0x7f.0.0.1:8770/", "http://2130706433:8770/",
        "http://0:8770/", "http://[::1]:8770/", "http://[::ffff:127.0.0.1]:8770/", "http://localhost:8770/",
        "http://127。0。0。1:8770/", "http://10.0.0.5/", "http://169.254.169.254/latest/meta-data/", "http://192.168.0.1/",
        "http://[fd00::1]/", "http://[fe80::1]/", "http://224.0.0.1/", "https://example.org:8443/", "https://www.example.org/",
        "https://example.org.evil.example/", "https://user@example.org/", "ftp://example.org/", "file:///etc/passwd",
        "data:text/plain,x", "javascript:alert(1)", "http:///nohost", "http://example.org:99999/", "",
    ],
)  # fmt: skip
def test_these_are_refused_with_a_reason(url: str) -> None:
    assert refusal(url, DECLARED)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a",
        "http://example.org:80/",
        "http://127.0.0.1:8770/x?y",
        "https://EXAMPLE.org/",
        "http://8.8.8.8/",
    ],
)
def test_these_are_allowed(url: str) -> None:
    assert refusal(url, DECLARED) is None


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False), ("100.64.0.1", False),
        ("169.254.1.1", False), ("192.168.1.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False), ("fc00::1", False), ("::ffff:8.8.8.8", True),
    ],
)  # fmt: skip
def test_public_means_globally_routable(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_name_that_resolves_into_this_network_is_refused_even_when_declared() -> None:
    assert address_refusal("example.org", "93.184.216.34", DECLARED) is None
    for inside in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"):
        assert "not public" in str(address_refusal("example.org", inside, DECLARED))
    assert address_refusal("127.0.0.1", "127.0.0.1", DECLARED) is None
    assert address_refusal("localhost", "127.0.0.1", DECLARED)


@pytest.mark.parametrize(
    "text", ["Example.org", "example..org", "-a.org", "a b", "127.1", "0x7f000001", "1.2.3.4.5", "x:0", "::1", ""]
)
def test_a_host_is_read_strictly(text: str) -> None:
    with pytest.raises(HostError):
        parse_host(text)


def test_hosts_and_endpoints() -> None:
    assert parse_host("example.org:8443") == ("example.org", 8443)
    assert parse_host("[::1]:8770") == ("::1", 8770)
    assert endpoint_of("https://example.org:443/x") == ("example.org", None)
    assert endpoint_of("http://example.org:443/x") == ("example.org", 443)
    assert is_loopback("localhost")
    assert is_loopback("127.9.9.9")
    assert not is_loopback("localhost.example.org")
