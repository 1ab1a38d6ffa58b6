"""What a bot would say differently, line by line, for the client who has to approve it."""

from collections.abc import Iterator

from nlu.domain import Variant
from nlu.pack import Pack
from nlu.versions.version import TextChange


def texts_difference(before: Pack, after: Pack) -> list[TextChange]:
    """The responses and articles in which two bots differ, in order of path: `texts.utter_greet[de]`, with the channel
    and other conditions a variant is said under, numbered where several are said alike; `texts.knowledge/akku.md` for
    an article.
    """
    old, new = dict(_texts(before)), dict(_texts(after))
    changed = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return [(path, old.get(path), new.get(path)) for path in changed]


def _texts(pack: Pack) -> Iterator[tuple[str, str]]:
    for name, variants in pack.domain.responses.items():
        counts: dict[str, int] = {}
        for variant in variants:
            under = _under(variant)
            counts[under] = counts.get(under, 0) + 1
            number = f".{counts[under]}" if counts[under] > 1 else ""
            yield f"texts.{name}{under}{number}", _said(variant)
    for article in pack.knowledge.articles:
        yield f"texts.{article.file}", f"{article.title}\n{article.body}".strip()


def _under(variant: Variant) -> str:
    said = [str(c.value) if c.slot == "language" else f"{c.slot}={c.value}" for c in variant.conditions]
    said += [variant.channel] if variant.channel else []
    return f"[{', '.join(said)}]" if said else ""


def _said(variant: Variant) -> str:
    parts = [variant.text, *(f"[{button.title}]" for button in variant.buttons)]
    parts += [f"<{variant.image}>"] if variant.image else []
    parts += [str(dict(variant.custom))] if variant.custom else []
    return " ".join(part for part in parts if part)
