"""Stores what customers send, once it has passed the check that every file passes."""

import asyncio
from dataclasses import replace

from bots.errors import FileRefused
from bots.ports import Blobs
from conversation.files.check import MAX_BYTES, Refused, check_file
from conversation.ids import ClientId
from conversation.message import Attachment, ContentKind


async def store_file(
    blobs: Blobs, client: ClientId, attachment: Attachment, content: bytes, limit: int = MAX_BYTES
) -> Attachment:
    """Stores a fetched file and returns its attachment, now pointing at the blob, with the name and type it really has.
    Raises FileRefused.
    """
    found = await asyncio.to_thread(check_file, content, attachment.name, attachment.media_type, limit)
    if isinstance(found, Refused):
        raise FileRefused(found.why, f"{found.name} is refused ({found.why})")
    kind = attachment.kind
    if kind in (ContentKind.IMAGE, ContentKind.FILE):
        kind = ContentKind.IMAGE if found.is_picture else ContentKind.FILE
    return replace(
        attachment,
        kind=kind,
        name=found.name,
        media_type=found.media_type,
        size=len(content),
        reference=await blobs.write(client, content),
        stored=True,
    )
