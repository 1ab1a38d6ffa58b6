"""Files that hold customers' words or keys are this user's alone: 0600, in folders of 0700, old ones too."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700
_OTHERS = 0o077
_BESIDE = ("", "-wal", "-shm", "-journal")


def make_folder(folder: Path) -> None:
    """Makes a private folder, or makes an old one private: unless it is shared by nature, as /tmp, the home folder and
    the folder that this process works in are.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
    if not _is_shared(folder):
        _close(folder, _FOLDER)


def protect_database(file: Path) -> None:
    """Makes the file before SQLite would, which gives its log the same rights; old files lose what others may. The
    folder must be there: SQLite says what is wrong with it.
    """
    if not file.parent.is_dir():
        return
    make_folder(file.parent)
    protect(file)
    for path in _with_logs(file):
        _close(path, _FILE)


def protect(file: Path) -> None:
    """Makes an empty private file, or makes an old one private."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))
    except FileExistsError:
        _close(file, _FILE)
    except OSError:
        return  # whoever opens it next says what is wrong, with the file's name


def exposed(database: Path | None) -> list[Path]:
    """What others on this machine may read or list of a database, its log, its key and its folder."""
    if database is None or not database.exists():
        return []
    paths = [*_with_logs(database), database.parent / "secret.key"]
    if not _is_shared(database.parent):
        paths.append(database.parent)
    return [path for path in paths if path.exists() and path.stat().st_mode & _OTHERS]


def _with_logs(file: Path) -> Iterator[Path]:
    return (file.with_name(file.name + suffix) for suffix in _BESIDE)


def _close(path: Path, mode: int) -> None:
    """Only what is this user's can be closed; the rest `exposed` names."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if found.st_mode & _OTHERS and found.st_uid == os.geteuid():
        path.chmod(mode)


def _is_shared(folder: Path) -> bool:
    real = folder.resolve()
    if real.is_dir() and real.stat().st_mode & stat.S_ISVTX:
        return True
    here = Path.cwd().resolve()
    return real == Path.home().resolve() or real == here or real in here.parents
