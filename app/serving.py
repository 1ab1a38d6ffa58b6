"""How Python is set up in a process that serves pages."""

import gc
import sys

SWITCH_S = 0.0005


def prepare_to_serve() -> None:
    """Call it when everything is loaded. What is there by now stays for good: packs, models and code are put aside, so
    that the collector does not look through them again and again; and it looks less often, since a page of a long
    report makes thousands of objects at once, all of them alive. Threads take turns sooner than every 5 ms: beside a
    what-if that is being worked out, a page would wait that long each time the database has answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(SWITCH_S)
