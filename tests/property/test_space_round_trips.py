"""Any space comes back from every format as it went in, or is refused with the key named."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import nearer
from nearer import Space
from nearer.errors import FormatError, shown
from nearer.space import formats

WHITE = set(" \t\n\r\v\f")
REFUSED = {  # what each format cannot hold in a key, and whether it can hold an empty one
    "space": (set(), True),
    "parquet": (set(), True),
    "npz": (set(), True),
    "npy": (set("\n\r"), True),
    "word2vec": (WHITE, False),
    "glove": (WHITE, False),
    "word2vec-binary": (set(" \n"), False),
    "projector": (set("\t\n\r"), False),
}

HOSTILE = [
    "a b",
    "a\nb",
    "",
    "🦁",
    "👩‍👩‍👧",
    "שלום",
    "x" * 10_000,
    "\0",
    "a\0",
    "\ufeffkey",
    "\u2028",
    "\x85",
    '"',
    "'",
    "\\n",
]
HOSTILE += ["NULL", "nan", "3", "3 4", "#", ",", "\r", "é", "e\u0301", "\xa0", "-0.0", "\ud800", "\n\n", " "]
KEYS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8), st.text("ab \t\n\r\"'", max_size=4))
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


@st.composite
def spaces(draw):
    keys = draw(st.lists(KEYS, min_size=1, max_size=6, unique=True))
    shape = (len(keys), draw(st.integers(1, 4)))
    vectors = draw(hnp.arrays(np.float32, shape, elements=FINITE))
    return Space(keys, vectors)


def unholdable(keys, format):
    """The first key that `format` must refuse."""
    forbidden, empty = REFUSED[format]
    lone = [key for key in keys if any("\ud800" <= letter <= "\udfff" for letter in key)]
    return next(
        (key for key in [*lone, *keys] if key in lone or set(key) & forbidden or not (key or empty)), None
    )


@pytest.mark.parametrize("format", REFUSED)
@settings(deadline=None, max_examples=40)
@given(space=spaces())
@example(space=Space(HOSTILE[:10], np.float32([[1e-45], [-0.0], [3.4028235e38], *[[-1.1754944e-38]] * 7])))
@example(space=Space(["\ufeff1"], [[2]]))
@example(space=Space(["1", "2"], [[1], [2]]))
@example(space=Space(["3", "2"], [[1, 2, 3], [2, 3, 4]]))
def test_a_format_gives_back_what_it_took_or_refuses_it(format, space):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        bad = unholdable(space.keys, format)
        if bad is not None:
            with pytest.raises(FormatError) as caught:
                formats.write(space, path, format=format)
            named = shown(bad).encode("ascii", "backslashreplace").decode() if bad else "an empty key"
            assert named in str(caught.value).encode("ascii", "backslashreplace").decode()
            assert not list(Path(folder).iterdir())
            return
        formats.write(space, path, format=format)
        found = nearer.load(path, format=format)
        assert found.keys == space.keys
        assert found.vectors.tobytes() == space.vectors.tobytes()
        assert found.identity == space.identity


@pytest.mark.parametrize("format", ["word2vec", "glove", "projector"])
@settings(deadline=None, max_examples=15)
@given(bits=hnp.arrays(np.uint32, (50, 3)))
def test_every_float32_survives_text(format, bits):
    vectors = bits.view(np.float32)
    vectors = np.where(np.isfinite(vectors), vectors, np.float32(0))
    space = Space([str(row) for row in range(50)], vectors)
    with tempfile.TemporaryDirectory() as folder:
        formats.write(space, Path(folder) / "a.tsv", format=format)
        assert nearer.load(Path(folder) / "a.tsv", format=format).vectors.tobytes() == vectors.tobytes()


PAYLOAD = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=2, max_size=2),
    st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"))), min_size=2, max_size=2),
    st.lists(st.lists(st.booleans()), min_size=2, max_size=2),
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=5).filter(lambda name: name not in ("key", "vector"))


@pytest.mark.parametrize("format", ["space", "parquet"])
@settings(deadline=None, max_examples=40)
@given(
    payload=st.dictionaries(NAMES, PAYLOAD, max_size=3),
    metric=st.sampled_from(["cosine", "dot", "euclidean"]),
)
def test_payload_and_metric_survive(format, payload, metric):
    items = pa.table(payload) if payload else None
    space = Space(["a", "b"], [[1], [2]], metric, items)
    with tempfile.TemporaryDirectory() as folder:
        formats.write(space, Path(folder) / "a", format=format)
        found = nearer.load(Path(folder) / "a", format=format)
    assert found.metric == metric
    assert found.items is None if items is None else found.items.equals(items)


@settings(deadline=None, max_examples=40)
@given(space=spaces(), data=st.data())
def test_slices_and_lists_of_keys_pick_the_same_rows(space, data):
    part = data.draw(st.slices(len(space)))
    rows = np.arange(len(space))[part]
    assert space[part].keys == [space.keys[row] for row in rows]
    assert np.array_equal(space[part].vectors, space.vectors[rows])
    assert space[space[part].keys].vectors.tobytes() == space[part].vectors.tobytes()
    assert space[part].identity == space.identity
