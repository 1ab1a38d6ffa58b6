"""Which letters of a text a value has taken: asked and noted in the time that the stretch takes, not the text."""


class Taken:
    """Stretches of one text without overlaps."""

    def __init__(self, text: str) -> None:
        self._letters = bytearray(len(text))

    def is_free(self, start: int, end: int) -> bool:
        """Whether none of the letters from `start` to before `end` is taken."""
        return not any(self._letters[start:end])

    def take(self, start: int, end: int) -> bool:
        """Takes the stretch if it is free; whether it was."""
        if not self.is_free(start, end):
            return False
        self._letters[start:end] = b"\1" * (end - start)
        return True
