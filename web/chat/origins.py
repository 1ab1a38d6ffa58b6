"""Which sites may use a web chat, said in the headers browsers ask for (CORS)."""

from collections.abc import Mapping, Sequence

from fastapi import Request

from web.addresses import host_of

METHODS = "GET, POST, OPTIONS"
HEADERS = "Authorization, Content-Type, Last-Event-ID"


def allowed(request: Request, origins: Sequence[str]) -> bool:
    """Whether the site that asks may use the chat. Our own pages, and callers that are no browsers, always may."""
    origin = request.headers.get("origin")
    return origin is None or _is_ours(request, origin) or "*" in origins or origin in origins


def answer_headers(request: Request, origins: Sequence[str]) -> Mapping[str, str]:
    """The headers of an answer to that site."""
    origin = request.headers.get("origin")
    if origin is None or not allowed(request, origins):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Expose-Headers": "Retry-After",
        "Access-Control-Max-Age": "600",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Origin",
    }


def frame_ancestors(origins: Sequence[str]) -> str:
    """Who may show the full page in a frame."""
    return "*" if "*" in origins else " ".join(["'self'", *origins])


def _is_ours(request: Request, origin: str) -> bool:
    """Compared by host alone: behind a proxy we may not know whether the browser came by https."""
    return host_of(origin) == request.headers.get("host", "")
