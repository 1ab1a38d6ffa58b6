"""What the README says: put a channel's token into `.env`, and the pack finds it."""

import os
import subprocess
import sys
from pathlib import Path

from clients import PACKS

COMMAND = [sys.executable, "-c", "from app.cli import main; main()", "client", "validate", str(PACKS[0])]
ROOT = PACKS[0].parent.parent


def validate(folder: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_CLIENT__")}
    result = subprocess.run(
        COMMAND,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_token_in_the_env_file_switches_its_channel_on(tmp_path):
    assert "its token is empty" in validate(tmp_path)
    (tmp_path / ".env").write_text(
        "SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11\n"
    )
    assert "its token is empty" not in validate(tmp_path)


def test_what_the_environment_sets_already_wins(tmp_path):
    (tmp_path / ".env").write_text(
        "SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11\n"
    )
    assert "its token is empty" in validate(tmp_path, SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN="")
