"""fastText's .bin: read bit for bit, written so that it reads back, refused in one line if damaged."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nearer
from nearer.encoders import Subword, fasttext_binary
from nearer.encoders.fasttext_binary import Settings
from nearer.errors import FormatError, StorageError

GOLDEN = Path(__file__).parents[1] / "golden" / "fasttext_models"
VECTORS = json.loads((GOLDEN / "vectors.json").read_text(encoding="utf-8"))
SKIPGRAM = (GOLDEN / "skipgram.bin").read_bytes()
HEAD = 4  # bytes of the magic number; int32 version, 12 int32 settings, float64, then sizes
SIZES = 8 + 12 * 4 + 8
DICTIONARY = SIZES + 3 * 4 + 2 * 8
MATRICES = SKIPGRAM.index(struct.pack("<?2q", False, 12 + 40, 6))
QUANTISED = "is a quantised model (as .ftz), which holds no full vectors; read the .bin it was made from"
DAMAGED = "; fetch it again: it is damaged"
CUT_SHORT = "; fetch it again: it was cut short"


def patched(at: int, form: str, *values: object) -> bytes:
    data = bytearray(SKIPGRAM)
    struct.pack_into(form, data, at, *values)
    return bytes(data)


def complaint(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        fasttext_binary.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", VECTORS)
def test_words_seen_and_unseen_have_the_vectors_of_fasttext(name: str) -> None:
    encoder = nearer.encoder(GOLDEN / f"{name}.bin")
    assert isinstance(encoder, Subword)
    words = list(VECTORS[name])
    expected = np.array(list(VECTORS[name].values()), dtype=np.float32)
    assert np.array_equal(encoder.encode(words), expected)


@pytest.mark.parametrize("name", VECTORS)
def test_load_tells_a_fasttext_model_and_gives_its_words(name: str) -> None:
    space, encoder = nearer.load(GOLDEN / f"{name}.bin"), nearer.encoder(GOLDEN / f"{name}.bin")
    assert isinstance(encoder, Subword)
    assert space.keys == list(encoder.words)
    assert space.identity == encoder.identity
    assert np.array_equal(space.vectors, encoder.encode(space.keys))
    assert space.provenance["imported"] == {"format": "fastText .bin", "file": f"{name}.bin"}
    assert not any(word.startswith("__label__") for word in space.keys)


def test_version_11_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(patched(HEAD, "<i", 11))
    words = list(VECTORS["skipgram"])
    found = fasttext_binary.read(tmp_path / "a.bin").encode(words)
    assert np.array_equal(found, np.array(list(VECTORS["skipgram"].values()), dtype=np.float32))


def test_a_supervised_model_of_version_11_has_no_ngrams_of_characters(tmp_path: Path) -> None:
    data = bytearray((GOLDEN / "supervised.bin").read_bytes())
    struct.pack_into("<i", data, HEAD, 11)
    (tmp_path / "a.bin").write_bytes(data)
    encoder = fasttext_binary.read(tmp_path / "a.bin")
    assert np.array_equal(encoder.encode(["lion"])[0], encoder.rows[list(encoder.words).index("lion")])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is no fastText model; it must begin with its magic number"),
        (b"2 2\na ", "is no fastText model; it must begin with its magic number"),
        (SKIPGRAM[:7], "ends within its head, after 7 bytes" + CUT_SHORT),
        (SKIPGRAM[:60], "ends within its head, after 60 bytes" + CUT_SHORT),
        (
            patched(HEAD, "<i", 13),
            "is a fastText model of version 13; versions 11 and 12 are read: save it again with fastText 0.9",
        ),
        (patched(HEAD + 4, "<i", -3), "its head says dim=-3" + DAMAGED),
        (patched(HEAD + 4, "<i", 2**30), f"its head says dim={2**30}" + DAMAGED),
        (patched(HEAD + 4 + 8 * 4, "<i", 0), "its head says buckets=0" + DAMAGED),
        (patched(HEAD + 4 + 10 * 4, "<i", 2**31 - 1), f"its head says max_n={2**31 - 1}" + DAMAGED),
        (
            patched(SIZES, "<3i", 2**31 - 1, 2**31 - 1, 0),
            f"promises 2,147,483,647 words and labels, {len(SKIPGRAM):,} bytes are too few for them"
            + CUT_SHORT,
        ),
        (
            patched(SIZES, "<3i", -1, -1, 0),
            "its head counts -1 entries, -1 words and 0 labels" + DAMAGED,
        ),
        (
            patched(SIZES, "<3i", 12, 11, 1),
            "its head counts 11 words, 12 follow" + DAMAGED,
        ),
        (SKIPGRAM[: DICTIONARY + 150], "ends within word 12 of 12, after 242 bytes" + CUT_SHORT),
        (SKIPGRAM[:-1], f"ends within its output matrix, after {len(SKIPGRAM) - 1:,} bytes" + CUT_SHORT),
        (SKIPGRAM[:-250], f"ends within its output matrix, after {len(SKIPGRAM) - 250:,} bytes" + CUT_SHORT),
        (SKIPGRAM[:-600], f"ends within its input matrix, after {len(SKIPGRAM) - 600:,} bytes" + CUT_SHORT),
        (SKIPGRAM + b"\0\0", "2 bytes follow its last matrix" + DAMAGED),
        (patched(MATRICES, "?", True), QUANTISED),
        (patched(SIZES + 3 * 4 + 8, "<q", 3), QUANTISED),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    assert complaint(tmp_path / "a.bin", data) == message


def test_a_matrix_of_another_shape_is_refused(tmp_path: Path) -> None:
    rows = SKIPGRAM.index(struct.pack("<2q", 12 + 40, 6))
    message = complaint(tmp_path / "a.bin", patched(rows, "<2q", 51, 6))
    assert message == "its input matrix is 51 x 6, and at least 52 x 6 is needed" + DAMAGED
    message = complaint(tmp_path / "a.bin", patched(rows, "<2q", 2**60, 6))
    assert message == f"ends within its input matrix, after {len(SKIPGRAM):,} bytes" + CUT_SHORT


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_bytes_are_there_is_an_encoder_or_one_line(tmp_path: Path, data: st.DataObject) -> None:
    file = tmp_path / "a.bin"
    bytes_ = bytearray(SKIPGRAM)
    for at in data.draw(st.lists(st.integers(0, DICTIONARY + 300), max_size=3)):
        bytes_[at] = data.draw(st.integers(0, 255))
    file.write_bytes(bytes_[: data.draw(st.integers(0, len(bytes_)))])
    try:
        encoder = fasttext_binary.read(file)
    except FormatError:
        return
    assert encoder.rows.shape == (len(encoder.words) + encoder.buckets * (encoder.max_n > 0), encoder.dim)


def test_words_that_are_not_utf8_are_read_with_a_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    at = SKIPGRAM.index("café".encode())
    data = bytearray(SKIPGRAM)
    data[at + 3] = 0x41  # the first byte of é: its second is now none
    (tmp_path / "a.bin").write_bytes(data)
    with caplog.at_level(logging.WARNING, "nearer"):
        space = nearer.load(tmp_path / "a.bin")
    assert "cafA\\xa9" in space
    assert caplog.messages == [
        f"{tmp_path / 'a.bin'}: words that are not UTF-8: 1, such as b'cafA\\xa9'; "
        "their bytes are shown as \\x.."
    ]


def small_settings(encoder: Subword) -> Settings:
    return Settings(
        dim=encoder.dim,
        window=5,
        epochs=1,
        min_count=1,
        negative=5,
        word_ngrams=1,
        loss=2,
        model=2,
        buckets=encoder.buckets,
        min_n=encoder.min_n,
        max_n=encoder.max_n,
        update_rate=100,
        subsample=1e-4,
    )


def test_what_is_written_is_what_fasttext_wrote(tmp_path: Path) -> None:
    """The golden model, read and written again, byte by byte but for the settings that are not kept."""
    encoder = fasttext_binary.read(GOLDEN / "skipgram.bin")
    outputs = np.frombuffer(SKIPGRAM[-12 * 6 * 4 :], "<f4").reshape(12, 6)
    counts = np.arange(12, 0, -1)
    fasttext_binary.write(tmp_path / "a.bin", encoder, small_settings(encoder), counts, outputs)
    written = (tmp_path / "a.bin").read_bytes()
    matrices = SKIPGRAM.index(struct.pack("<?2q", False, 12 + 40, 6))
    assert len(written) == len(SKIPGRAM)
    assert written[matrices:] == SKIPGRAM[matrices:]
    assert fasttext_binary.read(tmp_path / "a.bin").identity == encoder.identity


@pytest.mark.parametrize("buckets", [1, 5, 40_000])
def test_buckets_without_a_row_are_written_as_zeros(tmp_path: Path, buckets: int) -> None:
    random = np.random.default_rng(2)
    touched = np.unique(random.integers(0, buckets, 30)).astype(np.uint32)
    random.shuffle(touched)
    rows = random.normal(size=(2 + len(touched), 3)).astype(np.float32)
    encoder = Subword(["ab", "ba"], rows, min_n=2, max_n=3, buckets=buckets, touched=touched)
    fasttext_binary.write(
        tmp_path / "a.bin", encoder, small_settings(encoder), np.array([2, 1]), np.zeros((2, 3), np.float32)
    )
    again = fasttext_binary.read(tmp_path / "a.bin")
    assert again.rows.shape == (2 + buckets, 3)
    assert np.array_equal(again.rows[2 + touched.astype(int)], rows[2:])
    assert np.count_nonzero(again.rows.any(axis=1)) == len(rows)
    assert again.identity == encoder.identity


@pytest.mark.parametrize("word", ["a b", "", "a\0b", "a\n"])
def test_a_word_the_format_cannot_hold_is_refused_before_anything_is_written(
    tmp_path: Path, word: str
) -> None:
    encoder = Subword(["ok", word], np.eye(3, dtype=np.float32), min_n=2, max_n=3, buckets=1)
    with pytest.raises(FormatError, match=r"^row 1: fastText \.bin cannot hold"):
        fasttext_binary.write(
            tmp_path / "a.bin",
            encoder,
            small_settings(encoder),
            np.ones(2, int),
            np.eye(2, 3, dtype=np.float32),
        )
    assert not (tmp_path / "a.bin").exists()


def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    encoder = Subword(["ok"], np.eye(2, 3, dtype=np.float32), min_n=2, max_n=3, buckets=1)
    (tmp_path / "a.bin").write_bytes(b"mine")
    given_ = (
        tmp_path / "a.bin",
        encoder,
        small_settings(encoder),
        np.ones(1, int),
        np.eye(1, 3, dtype=np.float32),
    )
    with pytest.raises(StorageError, match="already exists"):
        fasttext_binary.write(*given_)
    assert (tmp_path / "a.bin").read_bytes() == b"mine"
    fasttext_binary.write(*given_, overwrite=True)
    assert nearer.load(tmp_path / "a.bin").keys == ["ok"]
