"""Which IP addresses lie on the public internet: everything that IANA's special-purpose registries do not set apart."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IpAddress = IPv4Address | IPv6Address

# https://www.iana.org/assignments/iana-ipv4-special-registry, whole, and multicast (RFC 5771). The anycast blocks that
# the registry calls globally reachable are listed too: what answers there is the nearest one, a provider's own perhaps.
SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # not in the registry: Azure's host, inside each of its virtual networks
        "169.254.0.0/16",  # link-local, most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and limited broadcast
    )
)
# https://www.iana.org/assignments/ipv6-unicast-address-assignments: nothing outside is assigned to anybody. So ::1,
# fc00::/7, fe80::/10, fec0::/10, ff00::/8, 100::/64, 5f00::/16 and every form of ::a.b.c.d are refused with it.
GLOBAL_UNICAST_IPV6 = IPv6Network("2000::/3")
# https://www.iana.org/assignments/iana-ipv6-special-registry, the part inside global unicast
SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, DRIP
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise, by relays that nobody runs any more
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
# RFC 6052: where only IPv6 is spoken, public IPv4 hosts are reached so. 64:ff9b:1::/48 (RFC 8215) is for local use.
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address may be anybody's on the public internet. An IPv4 address inside an IPv6 one counts as itself;
    an address with a zone is a neighbour's. Raises ValueError for what is no address.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        return address.scope_id is None and _is_public_ipv6(address)
    return _is_public_ipv4(address)


def _is_public_ipv6(address: IPv6Address) -> bool:
    if address in _MAPPED or address in _NAT64:
        return _is_public_ipv4(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_UNICAST_IPV6 and not any(address in network for network in SPECIAL_IPV6)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in SPECIAL_IPV4)
