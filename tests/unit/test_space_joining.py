"""Saved spaces joined into one, part after part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearer import Space, load
from nearer.errors import InputError, SpaceMismatch, StorageError
from nearer.space.joining import join

IDENTITY = "ab" * 32


def saved(folder: Path, cuts: list[int], vectors: np.ndarray) -> list[Path]:
    folder.mkdir(exist_ok=True)
    parts = []
    for number, (start, stop) in enumerate(zip([0, *cuts], [*cuts, len(vectors)], strict=True)):
        keys = [f"key {row}" for row in range(start, stop)]
        items = {"row": np.arange(start, stop)}
        parts.append(folder / f"{number}.space")
        Space(keys, vectors[start:stop], "dot", items, identity=IDENTITY).save(parts[-1])
    return parts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, 20), max_size=4).map(sorted),
    dim=st.integers(1, 5),
)
def test_parts_are_the_whole(cuts: list[int], dim: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("parts")
    vectors = np.random.default_rng(dim).normal(size=(20, dim)).astype(np.float32)
    join(saved(folder, cuts, vectors), folder / "whole.space", provenance={"made": "here"})
    (expected,) = saved(folder / "apart", [], vectors)
    whole = load(folder / "whole.space")
    assert (whole.keys, whole.metric, whole.identity) == (load(expected).keys, "dot", IDENTITY)
    assert whole.provenance == {"made": "here"}
    np.testing.assert_array_equal(whole.vectors, vectors)
    assert whole.items is not None
    assert whole.items["row"].to_pylist() == list(range(20))
    one, other = (
        (folder / name / "vectors.safetensors").read_bytes() for name in ("whole.space", "apart/0.space")
    )
    assert one == other


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    parts = saved(tmp_path, [3], np.eye(5, dtype=np.float32))
    Space(["z"], np.ones((1, 5))).save(tmp_path / "other.space")
    with pytest.raises(SpaceMismatch, match=r"other\.space has identity .*, expected abababababab"):
        join([parts[0], tmp_path / "other.space"], tmp_path / "whole.space", provenance={})
    with pytest.raises(InputError, match="there are no spaces to join"):
        join([], tmp_path / "whole.space", provenance={})
    with pytest.raises(StorageError, match="already exists"):
        join(parts, tmp_path / "other.space", provenance={})
    assert not (tmp_path / "whole.space").exists()
