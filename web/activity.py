"""What a person did, apart from what a page did by itself: only the first keeps a session from being idle.

A navigation counts, and so does a call that a script made just after a key or a button was pressed, which it says in
ACTIVITY (static/js/activity.js). Streams, heartbeats, polls, pictures and what is fetched after news do not. Whoever
holds a session could always act in it, so nobody gains by saying that a person acted; who says nothing where scripts
call gets nothing.
"""

from fastapi import Request

ACTIVITY = "x-activity"
PERSON = "person"

NEVER = frozenset({"/desk/events", "/desk/presence", "/wallboard/part", "/wallboard/events"})
"""Routes that pages call by themselves for as long as they are open."""

SCRIPTS = frozenset(
    {
        "/desk/list",
        "/desk/c/{conversation}/part",
        "/desk/c/{conversation}/read",
        "/desk/c/{conversation}/draft",
        "/desk/c/{conversation}/files/{message}/{index}",
        "/dashboard/{client}/c/{conversation}/files/{message}/{index}",
    }
)
"""Routes that scripts and pictures call for a person and by themselves: without a word they count as the latter."""


def person_acted(request: Request) -> bool:
    """Whether this request is something its person did."""
    route = getattr(request.scope.get("route"), "path", "")
    if route in NEVER or "prefetch" in request.headers.get("sec-purpose", ""):
        return False
    said, mode = request.headers.get(ACTIVITY), request.headers.get("sec-fetch-mode")
    if said is not None:
        return said == PERSON
    if mode is not None:  # by https browsers say what asks: only a page's address is a navigation
        return mode == "navigate"
    return route not in SCRIPTS
