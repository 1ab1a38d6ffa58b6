"""How long what people bring may be: beyond these nothing of accounts is read, stored or logged."""

EMAIL = 320  # RFC 3696 and its erratum: 64 before the @, 255 after it
PASSWORD = 256
CODE = 32  # six digits, with room for spaces
NAME = 200
BROWSER = 200
ADDRESS = 64
TOKEN = 256

AUDIT_TEXT = 2_000
AUDIT_SUBJECT = 400
AUDIT_ITEMS = 200
AUDIT_DEPTH = 6
