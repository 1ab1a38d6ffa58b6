"""The packs of the two clients: whatever a pack can word bears the client's mark."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conversation.ids import ChannelId, ClientId


@dataclass(frozen=True)
class Marked:
    """A client whose every word holds `mark`. Its id is something else, since callers send ids themselves. `price` is
    one no other figure looks like.
    """

    id: ClientId
    mark: str
    price: str

    @property
    def intent(self) -> str:
        return f"{self.mark.lower()}_intent"

    @property
    def web(self) -> ChannelId:
        return ChannelId(f"{self.id}-web")

    def says(self, what: str) -> str:
        """A text of this client's."""
        return f"{self.mark}-{what}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What its pack reads of the environment."""
        number = sum(map(ord, self.id))
        values = {
            "TELEGRAM_TOKEN": f"{number}:{self.mark}-telegram-token",
            "TELEGRAM_SECRET": f"{self.mark}-telegram-secret",
            "SLACK_BOT_TOKEN": f"xoxb-{self.mark}",
            "SLACK_SIGNING_SECRET": f"{self.mark}-signing-secret",
            "ALERT_URL": f"https://{self.mark.lower()}.example/alerts",
            "ALERT_SECRET": f"{self.mark}-alert-secret",
        }
        return {f"SWITCHBOARD_CLIENT__{self.id.upper()}__{name}": value for name, value in values.items()}


NUMBAT = Marked(ClientId("numbat"), "Quokkamark", "1417.31")
WOMBAT = Marked(ClientId("wombat"), "Brolgamark", "8493.77")
BOTH = (NUMBAT, WOMBAT)


def pack_of(client: Marked, *, edition: int = 1) -> dict[str, str]:
    """The files of its pack; another edition has other terms and another text of the bot."""
    says, other = client.says, f"{client.mark.lower()}_other"
    contract: dict[str, Any] = {
        "client": {
            "id": client.id,
            "name": says("client"),
            "languages": ["en"],
            "timezone": "Europe/Berlin",
            "tone": {"en": says("tone")},
        },
        "bot": {"name": says("bot")},
        "channels": [
            {"id": client.web, "kind": "webchat", "origins": [f"https://{client.mark.lower()}.example"]},
            {
                "id": f"{client.id}-telegram",
                "kind": "telegram",
                "token": "${TELEGRAM_TOKEN}",
                "secret": "${TELEGRAM_SECRET}",
                "mode": "webhook",
            },
            {
                "id": f"{client.id}-slack",
                "kind": "slack",
                "bot_token": "${SLACK_BOT_TOKEN}",
                "signing_secret": "${SLACK_SIGNING_SECRET}",
                "mode": "events",
            },
        ],
        "queues": [{"id": "general", "name": {"en": says("queue")}}],
        "macros": [{"key": "hello", "title": says("macro-title"), "language": "en", "text": says("macro")}],
        "calendar": {"timezone": "Europe/Berlin", "hours": "24/7"},
        "sla": {"objective": 95, "targets": [{"first_response": "10m", "next_response": f"{19 + edition}m"}]},
        "alerts": {
            "webhook": {"url": "${ALERT_URL}", "secret": "${ALERT_SECRET}"},
            "email": [f"alarms@{client.mark.lower()}.example"],
        },
        "prices": {
            "currency": "EUR",
            "automated_resolution": "0.35",
            "handled_conversation": client.price,
            "credits": [{"below": 95, "percent": 5}],
        },
    }
    return {
        "client.yml": json.dumps(contract),
        "config.yml": "language: en\npipeline: []\n",
        "domain.yml": f"version: '3.1'\nintents: [{client.intent}, {other}]\nresponses:\n"
        f"  utter_greet:\n  - text: {says('greeting')}\n"
        f"  utter_{client.intent}:\n  - text: {says('response')} {edition}\n",
        "nlu/en.yml": f"version: '3.1'\nnlu:\n- intent: {client.intent}\n  examples: |\n"
        f"    - {says('example')} one\n    - {says('example')} two\n- intent: {other}\n  examples: |\n"
        f"    - {says('example')} three\n    - {says('example')} four\n",
        "knowledge/all.md": f"---\ntitle: {says('article-title')}\nlanguage: en\n---\n## {says('question')}?\n\n"
        f"{says('article')} is here.\n",
    }
