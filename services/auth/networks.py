"""Networks of IP addresses: the prefix that counts as one client."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=10_000)
def network_of(address: str, ipv4: int, ipv6: int) -> str | None:
    """The network of so many bits that an address is in, IPv4 written as IPv6 included; None if it is no address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return str(ip_network((int(ip), ipv4 if ip.version == 4 else ipv6), strict=False))
