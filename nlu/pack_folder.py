"""The files of a pack in its folder: its texts and nothing that lies elsewhere."""

from pathlib import Path, PurePosixPath

from conversation.errors import PackInvalid
from conversation.packfile import Problem
from nlu.characters import unseen

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_FILES = 1000
MAX_PACK_BYTES = 32 * 1024 * 1024
_KEPT = frozenset({".yml", ".yaml", ".md"})


def read_folder(folder: Path) -> dict[str, str]:
    """The pack's texts by their path inside it. Raises PackInvalid with every file that cannot be used."""
    if not folder.is_dir():
        raise PackInvalid([Problem(str(folder), 0, "there is no such folder", "name the folder of a client pack")])
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    total = 0
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _KEPT and p.is_file()):
        inside = str(PurePosixPath(path.relative_to(folder).as_posix()))
        if any(part.startswith((".", "_")) for part in inside.split("/")):
            continue
        try:
            texts[inside] = _read_text(path, folder)
        except (OSError, ValueError) as error:
            problems.append(
                Problem(ascii(inside)[1:-1] if unseen(inside) else inside, 1, f"cannot be read: {error}", _HINT)
            )
        total += len(texts.get(inside, ""))
        if len(texts) > MAX_FILES or total > MAX_PACK_BYTES:
            most = f"more than {MAX_FILES} files or {MAX_PACK_BYTES} bytes are no pack"
            raise PackInvalid([Problem(inside, 1, most, "leave out what the bot does not read")])
    if problems:
        raise PackInvalid(problems)
    return texts


_HINT = "save it as UTF-8 text in the pack's own folder"


def _read_text(path: Path, folder: Path) -> str:
    """A link could lead to what is not the client's: the operator's settings, another pack."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it is a link that leads out of the pack")
    if unseen(path.name):
        raise ValueError(f"its name holds a character that nobody sees, {unseen(path.name)}")
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise ValueError(f"{size} bytes are more than {MAX_FILE_BYTES}")
    return path.read_bytes().decode("utf-8-sig")
