"""What can be wrong with a pack's pattern."""


class PatternRefused(ValueError):
    """The pattern is broken, too large, or needs what a linear-time engine cannot do; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
