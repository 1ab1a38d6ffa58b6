"""A process whose bot hears danger in "fire" and hands it over at once."""

from collections.abc import Sequence

from conversation.conversation import HandoffReason, Priority
from conversation.ids import ClientId, QueueId
from conversation.ports import Projection
from conversation.resolution import NeedsHuman, Resolution, Turn
from sla.notice import SLACK, Recipient
from storage.database import Database
from tests.storage.harness import Process

RUTH = Recipient.email("ruth@example.org")
FIRE = "fire in the kitchen"


class Everybody:
    """A storage.sla_alarms.Recipients: the provider's channel, a mailbox of theirs, the client's own system."""

    def of(self, client: ClientId) -> Sequence[Recipient]:
        return [SLACK, RUTH, Recipient.webhook(client)]


class Reported(Process):
    """Its customers may report danger."""

    def __init__(self, database: Database, *projections: Projection) -> None:
        super().__init__(database, None, *projections)
        self.bots.answers[FIRE] = _urgent


def _urgent(turn: Turn) -> Resolution:
    return NeedsHuman(
        HandoffReason.URGENT,
        turn.conversation.tracker,
        topic="fire",
        queue=QueueId("safety"),
        priority=Priority.URGENT,
    )
