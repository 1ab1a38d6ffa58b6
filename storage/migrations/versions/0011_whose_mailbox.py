"""A client's mailbox is named with its client, and the page of who is told of alarms reads only its days.

What waits to be mailed is renamed too. Whether an address was the provider's own stood nowhere, so all that waits is
told as to a client's people: who is the provider's reads a little less in these messages, and nobody reads too much.
A message begun for several clients falls apart, and its parts get ids of their own: under one id the first that arrives
would count for all. Back again, a mailbox that both have waiting for the same alarm hears of it once.
"""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import EVERYONE, SETTING

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _see_everybody()
    op.create_index("ix_alarm_effects_created", "alarm_effects", ["created_at"])
    op.execute(
        sa.text(
            "UPDATE alarm_effects SET recipient = 'email:' || client || ':' || substr(recipient, 7), notice = NULL "
            "WHERE tell = 'email' AND due_at IS NOT NULL"
        )
    )


def downgrade() -> None:
    _see_everybody()
    op.execute(
        sa.text(
            "DELETE FROM alarm_effects WHERE tell = 'email' AND due_at IS NOT NULL AND recipient LIKE 'email:%:%' "
            "AND EXISTS (SELECT 1 FROM alarm_effects AS own WHERE own.clock = alarm_effects.clock AND own.point = "
            "alarm_effects.point AND own.recipient = "
            "'email:' || substr(alarm_effects.recipient, length(alarm_effects.client) + 8))"
        )
    )
    op.execute(
        sa.text(
            "UPDATE alarm_effects SET recipient = 'email:' || substr(recipient, length(client) + 8), notice = NULL "
            "WHERE tell = 'email' AND due_at IS NOT NULL AND recipient LIKE 'email:%:%'"
        )
    )
    op.drop_index("ix_alarm_effects_created", table_name="alarm_effects")


def _see_everybody() -> None:
    if op.get_bind().dialect.name == "postgresql":  # else the wall between clients hides every row
        op.execute(sa.text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
