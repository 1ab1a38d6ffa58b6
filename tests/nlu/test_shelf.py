"""Models mapped from files: the same answers, checked before use, and no harm without a folder."""

from pathlib import Path

import numpy as np
import pytest

from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import EmbeddedModel
from nlu.embedded.shelf import Shelf
from nlu.embedded.training import train_model
from tests.nlu.bike_shop import bike_shop

BIG = {"a": np.arange(9000, dtype=np.float32), "small": np.arange(3)}


def is_mapped(array: np.ndarray) -> bool:
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


def test_a_mapped_model_answers_as_the_one_in_memory(shelf: Shelf) -> None:
    kept = train_model(bike_shop(), None).to_bytes()
    alone = EmbeddedEngine(EmbeddedModel.from_bytes(kept), None)
    for _ in range(2):
        mapped = EmbeddedEngine(EmbeddedModel.from_bytes(kept, shelf), None)
        assert is_mapped(mapped.model.postings.weights)
        texts = ["where is my refund", "wo ist meine Bestellung"]
        assert [one.ranking for one in mapped.parse(texts)] == [one.ranking for one in alone.parse(texts)]
        assert mapped.size == alone.size > 10_000


def test_small_arrays_stay_in_memory_and_maps_cannot_be_written(shelf: Shelf) -> None:
    found = shelf.mapped("m", BIG)
    assert (is_mapped(found["a"]), is_mapped(found["small"])) == (True, False)
    assert not found["a"].flags.writeable


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_file_is_written_again(shelf: Shelf, damage: bytes | None) -> None:
    file = shelf.folder / "m" / "a.npy"
    shelf.mapped("m", BIG)
    if damage is None:
        np.save(file, BIG["a"] + 1)
    else:
        file.write_bytes(damage)
    np.testing.assert_array_equal(shelf.mapped("m", BIG)["a"], BIG["a"])
    np.testing.assert_array_equal(np.load(file), BIG["a"])


def test_the_longest_unused_model_makes_room_and_harms_nobody(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, most=2)
    first = shelf.mapped("0", BIG)
    for name in ("1", "2"):
        shelf.mapped(name, BIG)
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(first["a"], BIG["a"])


def test_without_a_folder_models_stay_in_memory_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    found = Shelf(tmp_path / "file").mapped("m", BIG)
    assert found["a"] is BIG["a"]
    assert "stay in memory" in caplog.text
