"""Python's garbage collector, made to let a serving process work."""

import gc


def calm_collector() -> None:
    """What is there by now stays for good, so looking through it again and again finds nothing: packs, models and
    code are put aside. New garbage is looked for less often, since a page of a long report makes thousands of objects
    at once, all of them alive. Call it when everything is loaded.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
