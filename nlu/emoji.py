"""What a message of nothing but pictures says: yes, no, thanks, or only a mood."""

import unicodedata

_MEANINGS = {"affirm": "👍👌✅✔🆗🙆💯", "deny": "👎❌✖🚫🙅⛔", "thanks": "🙏❤💚💙💛🧡💜🥰😍🤗🤝👏"}
_MODIFIERS = {"\u200d", "\ufe0e", "\ufe0f"}
MOOD = "mood"


def meant_by_emoji(text: str) -> str:
    """`affirm`, `deny`, `thanks` or MOOD for a text of emoji alone, "" for any other. The first that says something
    counts.
    """
    signs = [char for char in text if not char.isspace() and char not in _MODIFIERS]
    if not signs or not all(unicodedata.category(char) in {"So", "Sk"} for char in signs):
        return ""
    said = (meaning for char in signs for meaning, all_signs in _MEANINGS.items() if char in all_signs)
    return next(said, MOOD)
