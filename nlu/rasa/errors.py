"""What can go wrong with a Rasa server, in words that say how to mend it.

EngineUnavailable (nlu.engine)
└── RasaDown: no usable answer
RasaRefused: the server or the environment cannot do what a person asked of it
"""

from nlu.engine import EngineUnavailable


class RasaDown(EngineUnavailable):
    """The server gives no usable answer now; `status` is the last HTTP status, None if there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class RasaRefused(Exception):
    """Training, swapping a model or starting a server failed; one line says why and how to mend it."""
