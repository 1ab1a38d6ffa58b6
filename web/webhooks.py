"""Where platforms call: the raw request goes to the channel's own handler, which verifies it."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response

from web.ports import Webhook, WebhookCall


def router(webhooks: Mapping[str, Webhook]) -> APIRouter:
    """One POST route per path; a path may have parameters, as `/webhooks/telegram/{channel}`."""
    routes = APIRouter()
    for path, handle in webhooks.items():
        routes.add_api_route(path, _endpoint(handle), methods=["POST"], name=f"webhook {path}")
    return routes


def _endpoint(handle: Webhook) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        params = {name: str(value) for name, value in request.path_params.items()}
        reply = await handle(WebhookCall(params, dict(request.headers), await request.body()))
        return Response(reply.body, reply.status, media_type=reply.media_type)

    return call
