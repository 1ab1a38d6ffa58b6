"""The smallest pack that is a client, for tests that need its contract and not its bot."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONTRACT: dict[str, Any] = {
    "client": {"id": "alpenrad", "name": "Alpenrad", "languages": ["en"], "timezone": "Europe/Berlin"},
    "channels": [{"id": "alpenrad-web", "kind": "webchat", "origins": ["*"]}],
    "queues": [{"id": "general", "name": {"en": "General"}}],
    "calendar": {"timezone": "Europe/Berlin", "hours": "24/7"},
    "sla": {
        "objective": 95,
        "targets": [{"first_response": "10m", "next_response": "20m", "resolution": "4h"}],
    },
    "prices": {
        "currency": "EUR",
        "minimum": "10.00",
        "automated_resolution": "0.35",
        "handled_conversation": "2.10",
        "agent_minute": "0.55",
        "credits": [{"below": 95, "percent": 5}, {"below": 50, "percent": 20}],
    },
}


def small_pack(**sections: Any) -> dict[str, str]:
    """Its files, with some sections of client.yml in place of the usual ones."""
    return {
        "client.yml": json.dumps(CONTRACT | sections),
        "config.yml": "language: en\npipeline: []\n",
        "domain.yml": "version: '3.1'\nintents: [greet, goodbye]\nresponses:\n  utter_greet:\n  - text: Hello\n",
        "nlu/en.yml": "version: '3.1'\nnlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi there\n    - good morning\n"
        "- intent: goodbye\n  examples: |\n    - bye\n    - see you\n    - good night\n",
    }


def write_pack(folder: Path, files: Mapping[str, str]) -> Path:
    """The files in `folder`, which is then a pack."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
