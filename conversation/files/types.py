"""The kinds of files we carry, for every client and in both directions; what is not in this table is refused."""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """Kinds that may be taken for each other: a picture under another picture's name is still a picture."""

    PICTURE = "picture"
    RECORDING = "recording"
    DOCUMENT = "document"
    TEXT = "text"
    OFFICE = "office"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: the first of its `extensions` is given to those that have none."""

    media_type: str
    family: Family
    extensions: tuple[str, ...]


_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

ALLOWED: tuple[FileType, ...] = (
    FileType("image/png", Family.PICTURE, ("png",)),
    FileType("image/jpeg", Family.PICTURE, ("jpg", "jpeg", "jpe", "jfif")),
    FileType("image/gif", Family.PICTURE, ("gif",)),
    FileType("image/webp", Family.PICTURE, ("webp",)),
    FileType("image/heic", Family.PICTURE, ("heic", "heif")),
    FileType("image/avif", Family.PICTURE, ("avif",)),
    FileType("image/tiff", Family.PICTURE, ("tif", "tiff")),
    FileType("image/bmp", Family.PICTURE, ("bmp",)),
    FileType("audio/ogg", Family.RECORDING, ("ogg", "oga", "opus", "ogv")),
    FileType("audio/mpeg", Family.RECORDING, ("mp3",)),
    FileType("audio/mp4", Family.RECORDING, ("m4a", "m4b")),
    FileType("audio/aac", Family.RECORDING, ("aac",)),
    FileType("audio/amr", Family.RECORDING, ("amr",)),
    FileType("audio/wav", Family.RECORDING, ("wav",)),
    FileType("video/mp4", Family.RECORDING, ("mp4", "m4v")),
    FileType("video/quicktime", Family.RECORDING, ("mov",)),
    FileType("video/3gpp", Family.RECORDING, ("3gp",)),
    FileType("video/webm", Family.RECORDING, ("webm", "mkv")),
    FileType("application/pdf", Family.DOCUMENT, ("pdf",)),
    FileType("text/plain", Family.TEXT, ("txt", "text", "log", "md")),
    FileType("text/csv", Family.TEXT, ("csv",)),
    FileType("text/calendar", Family.TEXT, ("ics",)),
    FileType(f"{_OPEN_XML}.wordprocessingml.document", Family.OFFICE, ("docx",)),
    FileType(f"{_OPEN_XML}.spreadsheetml.sheet", Family.OFFICE, ("xlsx",)),
    FileType(f"{_OPEN_XML}.presentationml.presentation", Family.OFFICE, ("pptx",)),
    FileType(f"{_OPEN_DOCUMENT}.text", Family.OFFICE, ("odt",)),
    FileType(f"{_OPEN_DOCUMENT}.spreadsheet", Family.OFFICE, ("ods",)),
    FileType(f"{_OPEN_DOCUMENT}.presentation", Family.OFFICE, ("odp",)),
    FileType("application/zip", Family.ARCHIVE, ("zip",)),
)
BY_MEDIA_TYPE = {kind.media_type: kind for kind in ALLOWED}
BY_EXTENSION = {extension: kind for kind in ALLOWED for extension in kind.extensions}

_MACROS = """
    doc docm dot dotm dotx xls xlsm xlsb xlt xltm xlam xla xll xlm ppt pptm pot potm pps ppsm ppam ppa sldm rtf
"""
_SYSTEMS = """
    exe dll com scr pif cpl msi msp msix appx bat cmd ps1 psm1 vb vbs vbe js jse mjs ws wsf wsh hta jar class apk ipa
    dmg pkg app deb rpm run bin elf so sh bash zsh py pyc pyw pl rb php phtml asp aspx jsp cgi lnk url desktop webloc
    reg inf scf iso img vhd cab chm hlp ocx sys drv
"""
_BROWSERS = "html htm xhtml shtml mht mhtml svg svgz xml xsl xslt swf one"
_DECLARED = """
    text/html application/xhtml+xml image/svg+xml text/xml application/xml text/javascript application/javascript
    application/x-javascript application/x-php application/x-msdownload application/x-msdos-program
    application/x-dosexec application/x-executable application/vnd.microsoft.portable-executable application/x-elf
    application/x-mach-binary application/x-msi application/x-ms-installer application/x-ms-shortcut application/hta
    application/x-sh application/x-shellscript application/x-bat application/wasm application/java-archive
    application/x-java-archive application/vnd.android.package-archive
"""

MACRO_ENDINGS = frozenset(_MACROS.split())
"""Endings of documents that may hold macros."""

DANGEROUS = MACRO_ENDINGS | frozenset(_SYSTEMS.split()) | frozenset(_BROWSERS.split())
"""Endings that make a system run or a browser show what is in a file: as an ending they are refused, inside of a name
they lose their dot."""

_RUNS = frozenset(_DECLARED.split())
_ZIPS = frozenset({"application/zip", "application/x-zip", "application/x-zip-compressed"})
_ANY_SPREADSHEET = "application/vnd.ms-excel"


def is_declared_dangerous(declared: str) -> bool:
    """Whether whoever sent it says that it runs or is shown by a browser."""
    return _plain(declared) in _RUNS


def contradicts(declared: str, kind: FileType) -> bool:
    """Whether the declared media type names another family than `kind`. What says nothing contradicts nothing: browsers
    send whatever the sender's system has registered, or nothing.
    """
    said = _plain(declared)
    if said == _ANY_SPREADSHEET:
        return kind.family not in (Family.TEXT, Family.OFFICE)
    if said in _ZIPS:
        return kind.family not in (Family.ARCHIVE, Family.OFFICE)
    if said in BY_MEDIA_TYPE:
        return BY_MEDIA_TYPE[said].family is not kind.family
    main = said.partition("/")[0]
    families = {
        "image": Family.PICTURE,
        "audio": Family.RECORDING,
        "video": Family.RECORDING,
        "text": Family.TEXT,
    }
    return main in families and families[main] is not kind.family


def _plain(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()
