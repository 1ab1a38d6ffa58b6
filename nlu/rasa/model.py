"""What Switchboard keeps of a model that a Rasa server holds: its name, its calibration, and a stand-in's own model."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from nlu.rasa.calibration import Calibration
from nlu.versions.version import Held

_MAGIC = b"SWITCHBOARD RASA 1\n"


class NotARasaModel(Exception):
    """These bytes are not what RasaModel.to_bytes() wrote."""


@dataclass(frozen=True, slots=True)
class RasaModel:
    """`file` is the model's name on the server (empty: whatever it serves); `calibration` is None where nobody measured
    it; `stand_in` is the embedded model that answers while the server is down (empty: people do); `held_out` is what it
    said of its own examples while their fold was held out.
    """

    file: str = ""
    sha256: str = ""
    calibration: Calibration | None = None
    stand_in: bytes = field(default=b"", repr=False)
    facts: dict[str, Any] = field(default_factory=dict)
    held_out: tuple[Held, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """A magic line, the SHA-256 of the rest, a line of JSON, the stand-in's bytes. No pickles."""
        header = {
            "file": self.file,
            "sha256": self.sha256,
            "calibration": self.calibration.to_json() if self.calibration else None,
            "facts": self.facts,
            "held_out": [list(one) for one in self.held_out],
        }
        rest = json.dumps(header, sort_keys=True).encode("ascii") + b"\n" + self.stand_in
        return _MAGIC + hashlib.sha256(rest).hexdigest().encode("ascii") + b"\n" + rest

    @classmethod
    def from_bytes(cls, kept: bytes) -> "RasaModel":
        """Raises NotARasaModel, also for a changed byte."""
        if not kept.startswith(_MAGIC):
            raise NotARasaModel("this is not a model kept for a Rasa server")
        digest, _, rest = kept[len(_MAGIC) :].partition(b"\n")
        if hashlib.sha256(rest).hexdigest().encode("ascii") != digest:
            raise NotARasaModel("the model is damaged: its hash differs; train it again")
        line, _, stand_in = rest.partition(b"\n")
        header = json.loads(line)
        calibration = Calibration.from_json(header["calibration"]) if header["calibration"] else None
        held = tuple(Held(*one) for one in header.get("held_out", ()))
        return cls(header["file"], header["sha256"], calibration, stand_in, header["facts"], held)
