"""Downloads customers' files from their platform: from nowhere else, and never more than we carry."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, hdrs

from bots.errors import FileRefused
from conversation.files.check import MAX_BYTES

TIMEOUT_SECONDS = 60
_PIECE = 65_536


async def download(url: str, name: str, platform: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The file at `url`; `name` and `platform` are for people. Redirects are not followed, and nothing is unpacked: a
    small answer could become a very large one. Raises FileRefused, aiohttp.ClientError or TimeoutError.
    """
    asked = {**(headers or {}), hdrs.ACCEPT_ENCODING: "identity"}
    timeout = ClientTimeout(total=TIMEOUT_SECONDS)
    async with (
        ClientSession(timeout=timeout, auto_decompress=False) as session,
        session.get(url, headers=asked, allow_redirects=False) as response,
    ):
        packed = response.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity"
        if response.status != 200 or response.content_type == "text/html" or packed:
            raise FileRefused("gone", f"{platform} does not give {name} (status {response.status})")
        content = bytearray()
        async for piece in response.content.iter_chunked(_PIECE):
            content += piece
            if len(content) > MAX_BYTES:
                raise FileRefused("too_large", f"{name} is larger than {MAX_BYTES // (1024 * 1024)} MB")
        return bytes(content)


def is_at(url: str, api_url: str, *domains: str) -> bool:
    """Whether `url` is served where the platform's API is (same scheme, host and port), or by https on the usual port
    in one of its `domains`.
    """
    try:
        parts, api = urlsplit(url), urlsplit(api_url)
        if (parts.scheme, parts.hostname, parts.port) == (api.scheme, api.hostname, api.port):
            return "@" not in parts.netloc
        host, port = parts.hostname or "", parts.port
    except ValueError:  # half a bracket, a port that is none
        return False
    return (
        parts.scheme == "https"
        and port in (None, 443)
        and "@" not in parts.netloc
        and any(host == domain or host.endswith(f".{domain}") for domain in domains)
    )
