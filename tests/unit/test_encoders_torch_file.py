"""Checkpoints are read as torch reads them, and none of their pickles is run."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearer.encoders.torch_file import MAGIC, VERSION, read_state
from nearer.errors import InputError, IntegrityError

torch = pytest.importorskip("torch")

FORMS = [True, False]  # a ZIP archive, and the file of before torch 1.6
PLAIN = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
    "complex64", "complex128",
]  # fmt: skip


def saved(value: Any, path: Path, archive: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=archive)
    return path


@pytest.mark.parametrize("archive", FORMS)
@pytest.mark.parametrize("dtype", PLAIN)
def test_every_type_is_read_as_torch_reads_it(dtype: str, archive: bool, tmp_path: Path) -> None:
    values = torch.arange(24).reshape(2, 3, 4).to(getattr(torch, dtype))
    read = read_state(saved({"x": values}, tmp_path / "a.pt", archive))["x"]
    assert read.dtype == values.numpy().dtype
    np.testing.assert_array_equal(read, values.numpy())


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64"])
def test_types_without_a_storage_class(dtype: str, tmp_path: Path) -> None:
    values = torch.arange(6).to(getattr(torch, dtype)).reshape(2, 3).T
    np.testing.assert_array_equal(read_state(saved({"x": values}, tmp_path / "a.pt"))["x"], values.numpy())


@pytest.mark.parametrize("archive", FORMS)
def test_bfloat16_becomes_float32_exactly(archive: bool, tmp_path: Path) -> None:
    values = torch.randn(50, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    read = read_state(saved({"x": values}, tmp_path / "a.pt", archive))["x"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values.float().numpy())


@pytest.mark.parametrize("archive", FORMS)
def test_strides_offsets_and_shared_storages(archive: bool, tmp_path: Path) -> None:
    base = torch.arange(60.0).reshape(3, 4, 5)
    value = {
        "whole": base,
        "transposed": base.permute(2, 0, 1),
        "strided": base[1:, ::2, 1::3],
        "expanded": base[0, 0].expand(7, 5),
        "scalar": base[2, 1, 3],
        "empty": base[:, :0],
        "channels": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    }
    path = saved(value, tmp_path / "a.pt", archive)
    read = read_state(path)
    assert list(read) == list(value)
    for name, tensor in torch.load(path, weights_only=True).items():
        np.testing.assert_array_equal(read[name], tensor.numpy())
        assert read[name].flags.owndata
        assert read[name].flags.c_contiguous


@pytest.mark.parametrize("archive", FORMS)
def test_a_module_with_its_optimizer(archive: bool, tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    value = {
        "step": 7,
        "note": "long run",
        "model_state": module.state_dict(),
        "optimizer_state": optimizer.state_dict(),
        "own": module[0].weight,
    }
    path = saved(value, tmp_path / "a.pt", archive)
    read = read_state(path, "model_state")
    assert list(read) == list(module.state_dict())
    for name, tensor in module.state_dict().items():
        np.testing.assert_array_equal(read[name], tensor.numpy())
    every = read_state(path)
    np.testing.assert_array_equal(every["own"], module[0].weight.detach().numpy())
    assert "optimizer_state.state.0.exp_avg" in every
    assert not {"step", "note"} & set(every)


def test_torch_is_not_loaded(tmp_path: Path) -> None:
    path = saved({"x": torch.ones(3)}, tmp_path / "a.pt")
    program = (
        "import sys; from pathlib import Path; from nearer.encoders.torch_file import read_state;"
        f"print(read_state(Path({str(path)!r}))['x'].sum(), 'torch' in sys.modules, 'pickle' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split()[:2] == ["3.0", "False"]


class Runs:
    """What runs a command wherever it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (exec, (f"open({str(self.marker)!r}, 'w').close()",))


def disguised(data: bytes, path: Path, archive: bool) -> Path:
    """A checkpoint whose pickle is `data`."""
    if archive:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("a/data.pkl", data)
            file.writestr("a/version", "3")
    else:
        facts = {"little_endian": True}
        heads = b"".join(pickle.dumps(part, 2) for part in (MAGIC, VERSION, facts))
        path.write_bytes(heads + data + pickle.dumps([], 2))
    return path


@pytest.mark.parametrize("archive", FORMS)
@pytest.mark.parametrize("protocol", range(6))
def test_a_malicious_pickle_is_refused_and_not_run(protocol: int, archive: bool, tmp_path: Path) -> None:
    marker = tmp_path / "it_ran"
    data = pickle.dumps({"weight": Runs(marker)}, protocol)
    path = disguised(data, tmp_path / "bad.pth", archive)
    with pytest.raises(IntegrityError) as caught:
        read_state(path)
    assert str(caught.value).startswith(f"{path}: its pickle ")
    assert "safetensors" in str(caught.value)
    assert not marker.exists()
    pickle.loads(data)  # so it would have
    assert marker.exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {1, 2}}, "its pickle names __builtin__.set"),
        ({"a": OrderedDict(b=np.ones(2))}, "its pickle names numpy"),
        ({(1, 2): 3}, "holds a key of type tuple"),
        (Path("x"), "its pickle names pathlib"),
    ],
)
def test_what_weights_do_not_need_is_refused(value: Any, message: str, tmp_path: Path) -> None:
    path = disguised(pickle.dumps(value, 2), tmp_path / "a.pt", True)
    with pytest.raises(IntegrityError, match=message):
        read_state(path)


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    path = saved(torch.nn.Linear(2, 2), tmp_path / "a.pt")
    with pytest.raises(IntegrityError, match=r"its pickle names torch\.nn\.modules\.linear\.Linear"):
        read_state(path)


def test_values_that_never_end_are_refused(tmp_path: Path) -> None:
    itself: list[Any] = []
    itself.append(itself)
    laughs: list[Any] = []
    for _ in range(40):
        laughs = [laughs, laughs]
    for value in (itself, laughs):
        path = disguised(pickle.dumps({"a": value}, 2), tmp_path / "a.pt", True)
        with pytest.raises(IntegrityError, match="more values than a checkpoint does"):
            read_state(path)


def test_a_view_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    from nearer.encoders.torch_file import _array  # noqa: PLC0415
    from nearer.encoders.torch_pickle import RefusedPickle, Storage, TensorView  # noqa: PLC0415

    storage = Storage("0", "<f4", 4)
    for offset, shape, strides in ((0, (5,), (1,)), (3, (2,), (1,)), (0, (2, 2), (3, 1))):
        with pytest.raises(RefusedPickle, match="reaches beyond its storage"):
            _array("x", TensorView(storage, offset, shape, strides, "<f4"), {"0": bytes(16)})


def test_other_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(b"hello")
    with pytest.raises(IntegrityError, match=r"a\.pt: is no checkpoint of torch"):
        read_state(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("hello", "x")
    with pytest.raises(IntegrityError, match="is a ZIP archive, but no checkpoint"):
        read_state(path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_state(tmp_path / "none.pt")
    saved({"a": 1}, path)
    with pytest.raises(IntegrityError, match="holds no tensor"):
        read_state(path)
    saved({"a": torch.ones(1)}, path)
    with pytest.raises(IntegrityError, match="holds no tensor below 'model'"):
        read_state(path, "model")


def file_of(archive: bool) -> bytes:
    stream = io.BytesIO()
    value = {"a": torch.arange(6.0).reshape(2, 3).T, "b": [torch.ones(2), 5, {"c": torch.zeros(1).half()}]}
    torch.save(value, stream, _use_new_zipfile_serialization=archive)
    return stream.getvalue()


WHOLE = {archive: file_of(archive) for archive in FORMS}


@settings(max_examples=200, deadline=None)
@given(
    st.booleans(),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
)
@example(archive=True, kept=0.0, changes=[(0.9765625, 8)])  # a place before the file
def test_a_damaged_file_gives_tensors_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, archive: bool, kept: float, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(WHOLE[archive])
    for share, value in changes:
        data[int(share * len(data))] = value
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    path.write_bytes(data[: int(kept * len(data))] if not changes else data)
    try:
        assert all(isinstance(array, np.ndarray) for array in read_state(path).values())
    except IntegrityError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017


def test_what_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = disguised(b"\x80\x02" + b"]" * 5_000 + b"a" * 4_999 + b".", tmp_path / "deep.pt", True)
    with pytest.raises(IntegrityError, match=r"deep\.pt: its pickle nests values more than 100 deep"):
        read_state(path)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    data = bytearray(WHOLE[True])
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    path = tmp_path / "closed.pt"
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=r"closed\.pt: is a damaged ZIP archive .*encrypted"):
        read_state(path)


@pytest.mark.parametrize("count", [1 << 39, (1 << 40) - 1, 1 << 60])
def test_a_storage_larger_than_its_file_is_refused(count: int, tmp_path: Path) -> None:
    path = saved({"x": torch.arange(3.0)}, tmp_path / "a.pt", archive=False)
    data = path.read_bytes()
    path.write_bytes(data[:-20] + count.to_bytes(8, "little") + data[-12:])
    with pytest.raises(IntegrityError, match=r"ends within the storage '.*': it was cut short"):
        read_state(path)


@pytest.mark.parametrize("archive", FORMS)
def test_tensors_that_repeat_a_small_storage_are_bounded_together(archive: bool, tmp_path: Path) -> None:
    value = {f"x{row}": torch.ones(1).expand(1 << 21) for row in range(8)}
    assert len(read_state(saved(value, tmp_path / "few.pt", archive))) == 8
    value |= {f"y{row}": torch.ones(1).expand(1 << 21) for row in range(8)}
    with pytest.raises(IntegrityError, match="its tensors repeat their elements up to 134,217,728 bytes"):
        read_state(saved(value, tmp_path / "many.pt", archive))


@pytest.mark.parametrize("archive", FORMS)
def test_sizes_that_no_array_has_are_refused(archive: bool, tmp_path: Path) -> None:
    for shape, strides in (((0, 1 << 62, 8), (0, 0, 0)), ((1,) * 70, (1,) * 70)):
        value = {"x": torch.arange(3.0).as_strided(shape, strides)}
        with pytest.raises(IntegrityError, match="holds sizes or names that cannot be"):
            read_state(saved(value, tmp_path / "a.pt", archive))


def test_an_end_that_says_it_lies_on_several_disks_is_refused(tmp_path: Path) -> None:
    locator = b"PK\x06\x07" + bytes(12) + (7).to_bytes(4, "little")  # of a ZIP64 archive of seven disks
    path = tmp_path / "disks.pt"
    path.write_bytes(bytes(100) + locator + b"PK\x05\x06" + bytes(18))
    with pytest.raises(IntegrityError, match="is a damaged ZIP archive"):
        read_state(path)
