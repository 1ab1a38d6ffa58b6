"""What `doctor` says about the way from the network to us: https, reverse proxies, and who may read the numbers."""

from collections.abc import Mapping, Sequence

from app.alarm_checks import Check
from app.forwarded import lately_seen
from app.settings import Settings, is_loopback
from app.wiring import Platform

_TRUST = (
    "if it is a reverse proxy of yours, add it to SWITCHBOARD_TRUSTED_PROXIES; else somebody tries to forge addresses"
)


def check_settings(settings: Settings, environment: Mapping[str, str]) -> list[Check]:
    """What the settings alone tell."""
    found = [_https(settings), _proxies(settings), _metrics(settings)]
    if environment.get("FORWARDED_ALLOW_IPS"):
        mend = "write the addresses into SWITCHBOARD_TRUSTED_PROXIES"
        found.append(("FORWARDED_ALLOW_IPS", None, "is set, and not read", mend))
    return found


async def check_sightings(built: Platform) -> Sequence[Check]:
    """Forwarded headers that web processes did not believe lately."""
    return [("forwarded headers", None, words, _TRUST) for words in await lately_seen(built.audit, built.clock.now())]


def _https(settings: Settings) -> Check:
    if settings.is_secure:
        return "https", True, "cookies are Secure, and browsers are told to stay with https (HSTS)", ""
    mend = "put a reverse proxy with a certificate in front, and set SWITCHBOARD_PUBLIC_URL=https://…"
    told = f"people reach {settings.base_url} without https: cookies are not Secure, and HSTS is off"
    return "https", None, told, mend


def _proxies(settings: Settings) -> Check:
    networks = settings.proxy_networks
    everybody = [str(network) for network in networks if not network.prefixlen]
    if everybody:
        mend = "name the addresses of your reverse proxies in SWITCHBOARD_TRUSTED_PROXIES"
        return "trusted proxies", False, f"{everybody[0]} is everybody: whoever calls can forge an address", mend
    if networks:
        return "trusted proxies", True, ", ".join(map(str, networks)), ""
    if settings.is_secure:
        told = "none, though https ends in front of us: everybody behind that proxy counts as one address"
        return "trusted proxies", None, told, "set SWITCHBOARD_TRUSTED_PROXIES to its address or network"
    return "trusted proxies", True, "none: forwarded headers do not count", ""


def _metrics(settings: Settings) -> Check:
    address = settings.metrics_address
    if address is None:
        return "metrics", None, "off", "set SWITCHBOARD_METRICS=127.0.0.1:9464 to see how each process is doing"
    reach = "for this machine" if is_loopback(address[0]) else "with a token"
    return "metrics", True, f"at {settings.metrics}, {reach}", ""
