"""Every route of an application, however deep it is included or mounted."""

from collections.abc import Iterator, Sequence

from fastapi.routing import _IncludedRouter
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route


def routes_of(app: Starlette) -> list[tuple[str, str]]:
    """Method and path of each; a mounted application counts as GET of all below it."""
    return sorted(set(_walk(app.routes, "")))


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            below = list(_walk(route.routes, prefix + route.path))
            yield from below or [("GET", f"{prefix}{route.path}/{{path}}")]
        elif isinstance(route, Route):
            yield from ((method, prefix + route.path) for method in route.methods or ())
        elif isinstance(route, _IncludedRouter):
            yield from _walk(route.original_router.routes, prefix + route.include_context.prefix)
        else:  # a route nobody sees is a route nobody tests
            raise TypeError(f"{route!r} is of a kind nobody walks")
