"""Why an HTTP call failed, in words of our own: a library's may repeat what the other side sent, or our own headers."""

import ssl

import httpx


def reason_of(error: BaseException, timeout: float) -> str:
    """One clause after "it" or a host's name; `timeout` is what the call was given, in seconds."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {timeout:.3g} s"
    if isinstance(error, httpx.ConnectError):
        return "its certificate is not trusted" if _is_about_tls(error) else "it cannot be reached"
    if isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL | UnicodeError):
        return "the request cannot be sent: its address or a header holds characters that HTTP does not allow"
    if isinstance(error, httpx.RemoteProtocolError):
        return "what answers does not speak HTTP as it should, or hung up"
    if isinstance(error, httpx.NetworkError):
        return "the connection broke"
    return f"it cannot be called ({type(error).__name__})"


def _is_about_tls(error: BaseException) -> bool:
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return True
        found = found.__cause__ or found.__context__
    return False
