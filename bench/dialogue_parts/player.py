"""Plays customers' lines through the bot of whatever tree it runs in; prints figures as JSON (see bench/dialogue.py).

Uses only what the tree before the dialogue's rewriting has as well, so that both can be measured by the same lines.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from clients.backend import create_app
from nlu.action import ActionRequest, ActionResult
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.http_guard import Guard
from nlu.pack import load_pack
from nlu.wire import Wire
from tests.nlu.talker import Talker

HANDED_OFF = "no handoff"


class Timed:
    """Actions whose own CPU time is known, so that a sample backend in this process does not count as dialogue."""

    def __init__(self, actions: Any) -> None:
        self.actions, self.seconds = actions, 0.0

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        began = time.process_time()
        try:
            result: ActionResult = await self.actions.run(request)
        finally:
            self.seconds += time.process_time() - began
        return result


async def figures(pack_id: str, lines: dict[str, list[list[str]]]) -> dict[str, Any]:
    """CPU time per message of `conversations`, and how the `stories` of the pack's simulation end."""
    pack = load_pack(Path("clients") / pack_id, {})
    model = Bot.train(pack)

    def bot(http: httpx.AsyncClient) -> tuple[Bot, Timed]:
        timed = Timed(pack_actions(pack, Wire(http=http, guard=Guard({"127.0.0.1:8801"}))))
        return Bot.load(pack, model, timed), timed

    cpu = [await _cpu_per_message(bot, lines["conversations"]) for _ in range(3)]
    return {"ms": min(cpu) * 1000, **await _containment(bot, lines["stories"])}


async def _cpu_per_message(bot: Any, conversations: list[list[str]]) -> float:
    spent, count = 0.0, 0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
        loaded, timed = bot(http)
        for number, said in enumerate(conversations):
            talker = Talker(bot=loaded)
            for place, text in enumerate(said):
                began, inside = time.process_time(), timed.seconds
                await talker.says(text, key=f"{number}-{place}")
                spent += time.process_time() - began - (timed.seconds - inside)
                count += 1
                if talker.reason != HANDED_OFF:
                    break
    return spent / count


async def _containment(bot: Any, stories: list[list[str]]) -> dict[str, int]:
    ended = {"stories": len(stories), "resolved": 0, "handed_over": 0, "open": 0}
    for number, said in enumerate(stories):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
            talker = Talker(bot=bot(http)[0])
            for place, text in enumerate(said):
                await talker.says(text, key=f"{number}-{place}")
                if talker.reason != HANDED_OFF:
                    break
        handed = talker.reason != HANDED_OFF
        ended["handed_over" if handed else "resolved" if talker.conversation.completed else "open"] += 1
    return ended


if __name__ == "__main__":
    print(json.dumps(asyncio.run(figures(sys.argv[1], json.load(sys.stdin)))))
