"""Whose address it is, for limits: a host's, or a subscriber's with a network of addresses."""

import ipaddress


def subscriber(address: str) -> str:
    """What to count an address by: an IPv4 one by itself, an IPv6 one by its /64.

    One subscriber has all of that network, and may ask from another address each time. Where a
    server listens on both kinds at once, IPv4 ones come as IPv6, all in one network: they are what
    they were.
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
