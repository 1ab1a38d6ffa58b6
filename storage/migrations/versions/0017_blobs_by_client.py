"""Files belong to a client, by primary key and by row-level security; trained models leave for a table of their own.

A file whose row names no client gets the one whose message, waiting update or bot version holds its key. Who a file
belongs to that nothing holds is not known: it stays under the empty client, which no scope can contain, so that nobody
reads it and nothing is lost; the way back puts it where it was.
"""

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, EVERYONE, SETTING, wall
from storage.types import Json, UtcDateTime, Words

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NOBODY = ""
_COPIED = ("key", "name", "media_type", "size", "content", "created_at")
_BATCH = 500
_blobs = sa.table("blobs", *map(sa.column, ("owner", *_COPIED)))
_messages = sa.table("messages", sa.column("client"), sa.column("attachments", Json))
_inbox = sa.table("inbox", sa.column("client"), sa.column("inbound", Json))
_packs = sa.table("pack_versions", sa.column("client"), sa.column("model"))
_bots = sa.table("bot_versions", sa.column("client"), sa.column("model"))


def upgrade() -> None:
    _see_everybody()
    _find_owners()
    op.execute(sa.update(_blobs).where(_blobs.c.owner.is_(None)).values(owner=NOBODY))
    _create("models")
    _copy("blobs", "owner", "models", "client", _is_model)
    op.execute(sa.delete(_blobs).where(_is_model(_blobs)))
    if _postgresql():
        op.alter_column("blobs", "owner", new_column_name="client", nullable=False)
        op.drop_constraint("pk_blobs", "blobs", type_="primary")
        op.create_primary_key("pk_blobs", "blobs", ["client", "key"])
        for statement in (*wall(("blobs", "models")), *APP_ROLE_STATEMENTS):
            op.execute(statement)
        return
    op.rename_table("blobs", "blobs_by_key")
    _create("blobs")
    _copy("blobs_by_key", "owner", "blobs", "client")
    op.drop_table("blobs_by_key")


def downgrade() -> None:
    _see_everybody()
    op.rename_table("blobs", "blobs_by_client")
    op.create_table(
        "blobs",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    for table in ("blobs_by_client", "models"):
        _copy(table, "client", "blobs", "owner")
        op.drop_table(table)
    op.execute(sa.update(_blobs).where(_blobs.c.owner == NOBODY).values(owner=None))
    with op.batch_alter_table("blobs") as changing:
        changing.create_primary_key("pk_blobs", ["key"])
    if _postgresql():
        for statement in APP_ROLE_STATEMENTS:
            op.execute(statement)


def _is_model(files: sa.TableClause) -> sa.ColumnElement[bool]:
    """Versions hold it, or it is left over from a training."""
    held = (sa.select(v.c.model).where(v.c.model.is_not(None)) for v in (_packs, _bots))
    return sa.or_(*(files.c.key.in_(models) for models in held), files.c.name.like("%.model"))


def _all(files: sa.TableClause) -> sa.ColumnElement[bool]:
    return files.c.key.is_not(None)


def _copy(
    source: str,
    owner: str,
    target: str,
    client: str,
    which: Callable[[sa.TableClause], sa.ColumnElement[bool]] = _all,
) -> None:
    read = sa.table(source, *map(sa.column, (owner, *_COPIED)))
    written = sa.table(target, *map(sa.column, (client, *_COPIED)))
    found = sa.select(read.c[owner], *(read.c[name] for name in _COPIED)).where(which(read))
    op.execute(sa.insert(written).from_select([client, *_COPIED], found))


def _create(table: str) -> None:
    op.create_table(
        table,
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f(f"pk_{table}")),
    )


def _find_owners() -> None:
    connection = op.get_bind()
    unowned = set(connection.scalars(sa.select(_blobs.c.key).where(_blobs.c.owner.is_(None))))
    owners = {key: client for client, key in _held() if key in unowned} if unowned else {}
    for key, client in owners.items():
        connection.execute(sa.update(_blobs).where(_blobs.c.key == key).values(owner=client))


def _held() -> Iterator[tuple[str, str]]:
    """Every client and key of a file that one of its rows holds."""
    connection = op.get_bind()
    for versions in (_packs, _bots):
        query = sa.select(versions.c.client, versions.c.model).where(versions.c.model.is_not(None))
        yield from ((client, model) for client, model in connection.execute(query))
    files = "attachments <> '[]'::jsonb" if _postgresql() else "attachments <> '[]'"
    for rows, told in (
        (sa.select(_messages.c.client, _messages.c.attachments).where(sa.text(files)), list),
        (sa.select(_inbox.c.client, _inbox.c.inbound), lambda inbound: inbound.get("attachments", [])),
    ):
        for client, value in connection.execute(rows.execution_options(yield_per=_BATCH)):
            yield from ((client, file["reference"]) for file in told(value) if file.get("stored"))


def _postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _see_everybody() -> None:
    if _postgresql():  # else the wall between clients hides every row
        op.execute(sa.text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
