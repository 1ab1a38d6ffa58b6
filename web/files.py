"""Files of a conversation on their way to a person's screen, shown only where that is harmless."""

from urllib.parse import quote

from fastapi import Response

from conversation.message import Attachment, Visibility
from handoff.views import ConversationView
from web.errors import Missing
from web.services import Services

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


async def file_response(
    services: Services, view: ConversationView, message: str, index: int, *, public_only: bool = False
) -> Response:
    """The attachment `index` of a message of this conversation. Raises Missing."""
    owner = next((m for m in view.messages if m.id == message), None)
    if owner is not None and public_only and owner.visibility is not Visibility.PUBLIC:
        owner = None
    if owner is None or not 0 <= index < len(owner.attachments) or not owner.attachments[index].stored:
        raise Missing(f"no file {index} of message {message}")
    attachment = owner.attachments[index]
    data = await services.blobs.read(view.conversation.client, attachment.reference)
    if data is None:
        raise Missing(f"the file {attachment.name} of message {message} is no longer kept")
    return shown_or_downloaded(attachment, data, seconds=3600)


def shown_or_downloaded(attachment: Attachment, data: bytes, *, seconds: int) -> Response:
    """The file, kept for `seconds` by this person's browser alone. Anything but a picture is downloaded and never run:
    a customer may send a page with scripts.
    """
    shown = attachment.media_type in SHOWN
    name = quote(attachment.name or "file", safe="", errors="replace")
    return Response(
        data,
        media_type=attachment.media_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": f"private, max-age={seconds}",
        },
    )
