"""Turns a response's name into what the customer reads: variant by language, channel and slots, variables filled in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from conversation.message import Button, Reply
from nlu.defaults import DEFAULTS
from nlu.domain import LANGUAGE_SLOT, ButtonText, Variant
from nlu.web_address import is_harmless_link

OWN_VARIABLES = frozenset(
    {
        *("bot_name", "client_name", "customer_name", "wait_minutes", "opens_at", "due_at", "article_title"),
        *("article_text", "article_heading", "file_name", "limit_mb"),
        *("matter", "matters", "summary", "due", "parts", "part"),
    }
)
_VARIABLE = re.compile(r"\{([A-Za-z_]\w*)(?:\|([^{}|]*)\|([^{}|]*))?\}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")
_MONEY = re.compile(r"(-?\d{1,12}\.\d{2}) ([A-Z]{3})")
_NEAR = timedelta(days=60)
_ONE = frozenset({"1", "1.0", "1.00"})
_YES_NO = {"de": ("ja", "nein"), "en": ("yes", "no")}
_UNKNOWN = "…"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where, when and to whom something is said; times are told in `timezone`, and near `today` (None: of no day in
    particular) dates by their weekday. `seed` picks among equally fitting variants, the same on every retry.
    """

    language: str
    channel: str
    values: Mapping[str, Any]
    seed: int = 0
    timezone: str = "UTC"
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Responses:
    """A pack's responses in front of the built-in ones. `languages`: the client's, the default first."""

    own: Mapping[str, tuple[Variant, ...]]
    languages: tuple[str, ...] = ("de", "en")

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in DEFAULTS

    def render(self, name: str, setting: Setting) -> Reply | None:
        """The response as the customer sees it, None if neither the pack nor the built-in ones know it."""
        variant = self._choose(name, setting)
        if variant is None:
            return self._built_in(name, setting)
        return Reply(
            text=fill(variant.text, setting),
            buttons=tuple(_button(b, setting) for b in variant.buttons),
            image=_link(variant.image, setting),
            custom=_fill_all(variant.custom, setting),
        )

    def title(self, name: str, setting: Setting) -> str | None:
        """The bare text of a response (for the label of a button), None if unknown."""
        reply = self.render(name, setting)
        return reply.text if reply else None

    def _built_in(self, name: str, setting: Setting) -> Reply | None:
        texts = DEFAULTS.get(name)
        return Reply(fill(texts.get(setting.language) or texts["en"], setting)) if texts else None

    def _choose(self, name: str, setting: Setting) -> Variant | None:
        for language in dict.fromkeys((setting.language, *self.languages)):
            fitting = [v for v in self.own.get(name, ()) if _fits(v, setting, language)]
            if fitting:
                return _best(fitting, setting)
        return None


@lru_cache(maxsize=4096)
def variables(text: str) -> frozenset[str]:
    """The names of the `{variables}` in a text, also of those that only choose a word: `{days|day|days}`."""
    return frozenset(match[1] for match in _VARIABLE.finditer(text))


def fill(text: str, setting: Setting) -> str:
    """Puts values in; one that is not known becomes an ellipsis, so that no customer reads `None`. `{n|one|many}` is
    the first word if n is 1, else the second.
    """
    return _VARIABLE.sub(lambda match: _filled(match, setting), text) if "{" in text else text


def _filled(match: re.Match[str], setting: Setting) -> str:
    value = setting.values.get(match[1])
    if match[2] is None:
        return spoken(value, setting.language, setting.timezone, setting.today)
    return match[2] if str(value).strip() in _ONE else match[3]


def spoken(value: Any, language: str, zone: str = "UTC", today: date | None = None) -> str:
    """A value as a person would write it in `language`: dates, sums (`1399.00 EUR`), truths and lists in words. A date
    within 60 days of `today` is told with its weekday, any other with its year.
    """
    if value is None:
        return _UNKNOWN
    if isinstance(value, bool):
        yes, no = _YES_NO.get(language, _YES_NO["en"])
        return yes if value else no
    if isinstance(value, float):
        return f"{value:g}".replace(".", "," if language == "de" else ".")
    if isinstance(value, list | tuple):
        return ", ".join(spoken(item, language, zone, today) for item in value)
    return _moment(str(value), language, zone, today)


def _moment(text: str, language: str, zone: str, today: date | None) -> str:
    locale = "de_DE" if language == "de" else "en_GB"
    try:
        if _DATE.fullmatch(text):
            return _day(date.fromisoformat(text), language, locale, today)
        if money := _MONEY.fullmatch(text):
            return format_currency(Decimal(money[1]), money[2], locale=locale)
        if _TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            pattern = "EEEE, d. MMMM, HH:mm 'Uhr'" if language == "de" else "EEEE d MMMM, HH:mm"
            return format_datetime(_on_the_wall(moment, zone), pattern, locale=locale)
    except ValueError:
        return text
    return text


def _day(day: date, language: str, locale: str, today: date | None) -> str:
    if today is None or abs(day - today) > _NEAR:
        return format_date(day, "long", locale=locale)
    return format_date(day, "EEEE, d. MMMM" if language == "de" else "EEEE d MMMM", locale=locale)


def _on_the_wall(moment: datetime, zone: str) -> datetime:
    """What a clock on the client's wall shows; a time without zone is that already."""
    return (moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment).replace(tzinfo=None)


def _fits(variant: Variant, setting: Setting, language: str) -> bool:
    if variant.channel is not None and variant.channel != setting.channel:
        return False
    values = setting.values
    return all((language if c.slot == LANGUAGE_SLOT else values.get(c.slot)) == c.value for c in variant.conditions)


def _best(fitting: Sequence[Variant], setting: Setting) -> Variant:
    """Rasa's preference: the channel's own, then conditional ones; and rather one whose variables are all known."""

    def rank(variant: Variant) -> tuple[bool, bool, bool]:
        known = all(setting.values.get(name) is not None for name in variables(variant.text))
        return known, variant.channel is not None, bool(variant.conditions)

    if len(fitting) == 1:
        return fitting[0]
    ranks = [rank(v) for v in fitting]
    highest = max(ranks)
    best = [v for v, one in zip(fitting, ranks, strict=True) if one == highest]
    return best[setting.seed % len(best)]


def _button(button: ButtonText, setting: Setting) -> Button:
    payload = _VARIABLE.sub(lambda m: str(setting.values[m[1]]) if m[1] in setting.values else m[0], button.payload)
    return Button(fill(button.title, setting), payload, _link(button.url, setting))


def _link(template: str | None, setting: Setting) -> str | None:
    """Where the customer is sent; None if a slot made an address of it that runs something."""
    url = fill(template, setting) if template else ""
    return url if is_harmless_link(url) else None


def _fill_all(value: Any, setting: Setting) -> Any:
    if isinstance(value, str):
        return fill(value, setting)
    if isinstance(value, Mapping):
        return {k: _fill_all(v, setting) for k, v in value.items()}
    return [_fill_all(v, setting) for v in value] if isinstance(value, list | tuple) else value


def with_buttons(reply: Reply, buttons: Sequence[Button]) -> Reply:
    """The reply with these buttons after its own."""
    return replace(reply, buttons=(*reply.buttons, *buttons))
