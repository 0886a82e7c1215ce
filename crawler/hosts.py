"""The rules of which hosts may be reached: those a source declares, and nothing inside this network. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

Endpoint = tuple[str, int | None]
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST_NAME = re.compile(
    r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$"
)


class HostError(ValueError):
    """An address that names no host which could be crawled; the message says which and why."""


def is_public(address: str) -> bool:
    """Whether an IP address (text) is globally routable; IPv4 inside IPv6 is judged as IPv4."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_host(text: str) -> Endpoint:
    """Read `host` or `host:port` strictly: a lower-case DNS name or an address in its usual spelling."""
    if text.count(":") > 1 and not text.startswith("["):
        raise HostError(f"host {text!r}: write an IPv6 address in brackets")
    host, _, port = text.rpartition(":") if re.search(r":\d+$", text) else (text, "", "")
    host = host.strip("[]")
    _check_host(host, text)
    if port and not 0 < int(port) < 65536:
        raise HostError(f"host {text!r}: the port is not between 1 and 65535")
    return host, int(port) if port else None


def _check_host(host: str, text: str) -> None:
    """Refuse everything that a resolver could read as an address although it is not spelled as one."""
    try:
        if str(ipaddress.ip_address(host)) == host:
            return
    except ValueError:
        pass
    last_label = host.rpartition(".")[2]
    if not HOST_NAME.match(host) or re.fullmatch(r"\d+|0x[0-9a-f]*", last_label):
        raise HostError(f"host {text!r} is neither a lower-case DNS name nor an IP address in its usual spelling")


def endpoint_of(url: str) -> Endpoint:
    """The endpoint an http(s) address leads to; the port is None where it is the scheme's own."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise HostError(f"address {url!r}: {error}") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise HostError(f"address {url!r}: the scheme is not http or https")
    if parts.username is not None or parts.password is not None:
        raise HostError(f"address {url!r}: user names and passwords are not allowed in an address")
    _check_host(host, url)
    return host, None if port == DEFAULT_PORTS[parts.scheme] else port


def refusal(url: str, endpoints: Collection[Endpoint]) -> str | None:
    """Why `url` may not be requested by a source with these endpoints, or None where it may."""
    try:
        endpoint = endpoint_of(url)
    except HostError as error:
        return str(error)
    if endpoint not in endpoints:
        return f"{url}: the source does not declare this host"
    host, _ = endpoint
    if not is_loopback(host) and not _is_name(host) and not is_public(host):
        return f"{url}: the address is not public"
    return None


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def address_refusal(host: str, address: str, endpoints: Collection[Endpoint]) -> str | None:
    """Why `address`, to which `host` resolved, may not be connected to, or None where it may.

    Loopback is allowed only where the source declares that very host and it is a loopback one by name.
    """
    if is_public(address):
        return None
    declared = any(name == host for name, _ in endpoints)
    if declared and is_loopback(host) and is_loopback(address):
        return None
    return f"{host} resolves to {address}, which is not public"
