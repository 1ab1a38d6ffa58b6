"""The chat's scripts and styles, served under a version so that browsers may keep them for ever."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fastapi import Response

from web.chat.ports import ChatChannel

FOLDER = Path(__file__).parent.parent / "static" / "chat"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
SHARED = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

_COMMENT = re.compile(r"^\s*/\*.*?\*/", re.DOTALL | re.MULTILINE)

_LOADER = """(() => {{
  const script = document.currentScript;
  const at = (path) => new URL(path, script.src).href;
  import(at({module})).then((chat) => chat.start({config}, at({home}), at({assets}), script));
}})();
"""


@dataclass(frozen=True)
class Assets:
    """All files of the chat, read once."""

    folder: Path = FOLDER

    @cached_property
    def files(self) -> dict[str, bytes]:
        """By name, without their comments and indentation: half of what is good to read is not worth sending."""
        paths = [path for path in sorted(self.folder.iterdir()) if path.suffix in TYPES]
        return {path.name: squeezed(path.read_text("utf-8")).encode() for path in paths}

    @cached_property
    def version(self) -> str:
        digest = hashlib.sha256()
        for name, content in self.files.items():
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()[:12]

    @cached_property
    def zipped(self) -> dict[str, bytes]:
        """The same, compressed once for all."""
        return {name: gzip.compress(content, mtime=0) for name, content in self.files.items()}

    def file(self, version: str, name: str, *, zipped: bool = False) -> Response:
        """One file, compressed for browsers that take it so. Under an old version it is today's file, not kept: the
        page that asks is from before an upgrade.
        """
        content = (self.zipped if zipped else self.files).get(name)
        if content is None:
            return Response(status_code=404, headers=SHARED)
        kept = "public, max-age=31536000, immutable" if version == self.version else "no-store"
        headers = {"Content-Type": TYPES[Path(name).suffix], "Cache-Control": kept, "Vary": "Accept-Encoding"}
        return Response(content, headers=SHARED | headers | ({"Content-Encoding": "gzip"} if zipped else {}))

    def loader(self, channel: ChatChannel) -> Response:
        """The embeddable script: tells the modules which chat this is, and loads them from where it came itself."""
        script = _LOADER.format(
            module=json.dumps(f"../static/{self.version}/chat.js"),
            home=json.dumps("./"),
            assets=json.dumps(f"../static/{self.version}/"),
            config=json.dumps(presented(channel), ensure_ascii=False),
        )
        return Response(script, headers=SHARED | {"Content-Type": TYPES[".js"], "Cache-Control": "public, max-age=60"})


def squeezed(text: str) -> str:
    """A script or style sheet without block comments that begin a line, indentation and blank lines. No text in them
    may run over several lines.
    """
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// ")) + "\n"


def presented(channel: ChatChannel) -> dict[str, object]:
    """What the browser needs to know of the channel."""
    return {
        "channel": channel.id,
        "client": channel.client_name,
        "bot": channel.bot_name,
        "accent": channel.accent,
        "languages": list(channel.languages),
        "greeting": dict(channel.greeting),
    }
