"""Encoders of texts: windows, empty and huge texts, identity, and folders that are refused by name."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import nearer
from nearer.encoders import Static, Transformer, known_encoders, transformer
from nearer.encoders.transformer import batches_of
from nearer.errors import FormatError, InputError, ModelNotFound, ParameterError
from text_models import TEXTS, bert_folder, static_folder

pytest.importorskip("ctranslate2", reason="needs the extra text")


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert_folder(tmp_path_factory.mktemp("models") / "bert", max_tokens=10)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of the test's own, to be spoilt."""
    return bert_folder(tmp_path / "bert")


def opened(folder: Path, **options: Any) -> Transformer:
    found = nearer.encoder(folder, **options)
    assert isinstance(found, Transformer)
    return found


def test_no_text_is_too_short_or_too_long(bert: Path, tmp_path: Path) -> None:
    huge = "lion " * 200_000
    static = nearer.encoder(static_folder(tmp_path / "static"))
    assert not static.encode([""]).any()
    np.testing.assert_allclose(static.encode([huge]), static.encode(["lion"]), atol=1e-5)
    first = opened(bert).encode(["", huge])
    np.testing.assert_allclose(first[1], opened(bert).encode(["lion " * 8])[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    read = opened(bert, windows="mean").encode(["", huge])
    np.testing.assert_allclose(read, first, atol=1e-5)  # every window but the last is the first one again


def test_windows_are_means_by_number_of_tokens(bert: Path) -> None:
    """Twenty words in windows of eight that share two: rows 0-8, 6-14, 12-20."""
    words = ["lion", "zebra", "grass", "the"] * 5
    encoder = opened(bert, windows="mean", overlap=2, normalize=False)
    parts = [" ".join(words[at : at + 8]) for at in (0, 6, 12)]
    expected = encoder.encode(parts).mean(axis=0)  # windows of ten tokens each, special ones among them
    np.testing.assert_allclose(encoder.encode([" ".join(words)])[0], expected, atol=1e-5)
    longer = encoder.encode([" ".join(words[:12])])[0]
    two = encoder.encode([" ".join(words[:8]), " ".join(words[6:12])])
    np.testing.assert_allclose(longer, (10 * two[0] + 8 * two[1]) / 18, atol=1e-5)


def test_int8_is_near_float32_and_another_identity(bert: Path) -> None:
    exact, rough = opened(bert), opened(bert, compute="int8")
    near = (exact.encode(TEXTS) * rough.encode(TEXTS)).sum(axis=1)
    assert (near > 0.97).all()
    assert (near < 1).any()
    assert exact.identity != rough.identity
    expected = rough.encode(TEXTS)
    np.testing.assert_allclose(rough.encode(TEXTS[::-1], batch_size=2)[::-1], expected, rtol=0, atol=1e-5)


def test_int8_of_a_real_model_holds_to_the_order_and_the_batch() -> None:
    entry = {known.name: known for known in known_encoders()}["all-MiniLM-L6-v2"]
    if not entry.here:
        pytest.skip(f"needs {entry.install}")
    texts = [f"{'A longer text about prices and rivers. ' * (n % 3)}Number {n} of all." for n in range(12)]
    encoder = nearer.encoder("all-MiniLM-L6-v2", compute="int8", threads=1)
    expected = encoder.encode(texts)
    np.testing.assert_allclose(encoder.encode(texts[::-1])[::-1], expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(texts[5:6], batch_size=1)[0], expected[5], rtol=0, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(texts, batch_size=2), expected, rtol=0, atol=1e-5)


def test_threads_change_no_bit(bert: Path) -> None:
    one, two = opened(bert, threads=1), opened(bert, threads=2)
    texts = TEXTS * 150  # several pieces, cut ahead of the work
    np.testing.assert_array_equal(one.encode(texts), two.encode(texts))
    assert one.identity == two.identity


def test_the_engine_is_made_before_threads_ask_for_it(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    makers, start = [], transformer.start
    monkeypatch.setattr(
        transformer, "start", lambda *given: makers.append(threading.current_thread()) or start(*given)
    )
    opened(bert, threads=2).encode(TEXTS)
    assert makers == [threading.main_thread()]


def test_an_identity_is_of_all_that_decides_a_vector(bert: Path, tmp_path: Path) -> None:
    options: list[dict[str, Any]] = [
        {},
        {"max_tokens": 9},
        {"windows": "mean"},
        {"windows": "mean", "overlap": 1},
        {"normalize": False},
        {"prompt": "the "},
        {"query_prompt": "the "},
        {"document_prompt": "the "},
    ]
    assert len({opened(bert, **some).identity for some in options}) == len(options)
    copied = bert_folder(tmp_path / "elsewhere", max_tokens=10)
    assert opened(copied).identity == opened(bert).identity
    weights = load_file(copied / "model.safetensors")
    weights["embeddings.LayerNorm.bias"] = weights["embeddings.LayerNorm.bias"] + 1
    save_file(weights, copied / "model.safetensors")
    assert opened(copied).identity != opened(bert).identity
    static = static_folder(tmp_path / "static")
    tables: list[dict[str, Any]] = [{}, {"dim": 3}, {"normalize": True}]
    assert len({nearer.encoder(static, **some).identity for some in tables}) == len(tables)


def test_the_first_dimensions_of_a_static_table_are_those_of_all(tmp_path: Path) -> None:
    folder = static_folder(tmp_path / "static")
    whole, part = nearer.encoder(folder), nearer.encoder(folder, dim=2)
    assert (whole.dim, part.dim) == (6, 2)
    np.testing.assert_array_equal(part.encode(TEXTS), whole.encode(TEXTS)[:, :2])


def test_batches_hold_all_windows_once_the_longest_first() -> None:
    windows = [[1] * length for length in (3, 700, 0, 500, 1, 2000)]
    assert list(batches_of(windows, 1000, padded=True)) == [[5], [1], [3, 0], [4]]
    assert list(batches_of([*windows, [2] * 3], 1000, padded=False)) == [[5], [1], [3], [0, 6], [4]]
    found = list(batches_of(windows, 1, padded=True))
    assert sorted(place for batch in found for place in batch) == [0, 1, 3, 4, 5]
    assert max(map(len, found)) == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"compute": "int4"}, "compute='int4' is none of 'float32', 'int8'"),
        ({"windows": "all"}, "windows='all' is none of 'truncate', 'mean'"),
        ({"overlap": 8}, "overlap=8 is not a whole number from 0 to 7"),
        ({"max_tokens": 2}, "max_tokens=2 is not a whole number from 3 to 32"),
        ({"max_tokens": 33}, "max_tokens=33 is not a whole number from 3 to 32"),
        ({"backend": "jax"}, "backend='jax' is neither"),
        ({"normalize": 1}, "normalize=1 is none of"),
        ({"prompt": 3}, "prompt=3 is no text"),
        ({"colour": 1}, "has no option 'colour'; its options are backend, compute"),
    ],
)
def test_an_option_that_cannot_be_is_named(bert: Path, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        nearer.encoder(bert, **options)
    assert problem in str(caught.value)


@pytest.mark.parametrize("dim", [0, 7, 2.0, True])
def test_a_static_table_has_so_many_dimensions(dim: object, tmp_path: Path) -> None:
    folder = static_folder(tmp_path / "static")
    with pytest.raises(ParameterError, match=r"is not a whole number from 1 to 6$"):
        nearer.encoder(folder, dim=dim)


@pytest.mark.parametrize("items", [[1], [b"bytes"], ["fine", None], ["a", "\ud800"]])
def test_what_is_no_text_is_named_by_its_place(bert: Path, items: list[Any], tmp_path: Path) -> None:
    for encoder in (opened(bert), nearer.encoder(static_folder(tmp_path / "static"))):
        with pytest.raises(InputError, match=rf"^item {len(items) - 1}: .*; (pass strings|decode it)"):
            encoder.encode(items)


PICKLE = b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03."


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    (folder / "pytorch_model.bin").write_bytes(PICKLE)


def half(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def holding(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


def own_code(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "my_code.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))


def outside(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = "../elsewhere"
    (folder / "modules.json").write_text(json.dumps(modules))


def lost_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.bias"]
    save_file(weights, folder / "model.safetensors")


def fewer_rows(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][:9].copy()
    save_file(weights, folder / "model.safetensors")


def hidden(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = ".hidden"
    (folder / "modules.json").write_text(json.dumps(modules))


def setting(name: str, value: Any, file: str = "config.json") -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        found = json.loads((folder / file).read_text())
        found.pop(name, None)
        (folder / file).write_text(json.dumps(found if value is None else {**found, name: value}))

    return spoil


PROMPTS = "config_sentence_transformers.json"
SPOILT = {
    "a pickle": (pickled, "pytorch_model.bin: holds a pickle, which can run any code when it is read; save"),
    "half its weights": (half, "model.safetensors: its header says of "),
    "no weights": (without("model.safetensors"), "holds no model.safetensors"),
    "broken JSON": (holding("config.json", "{"), "config.json: is no JSON: "),
    "a list as settings": (holding("sentence_bert_config.json", "[]"), "holds [], a JSON object is expected"),
    "no tokenizer": (holding("tokenizer.json", "{}"), "tokenizer.json: is no tokenizer that can be read: "),
    "code of its own": (own_code, "lists 'my_code.Transformer', which is no class of sentence-transformers"),
    "a path outside": (outside, "modules.json: lists "),
    "a hidden path": (hidden, "modules.json: lists "),
    "a tensor less": (lost_tensor, "holds no tensor 'encoder.layer.1.output.dense.bias'"),
    "rows for other tokens": (fewer_rows, "model.safetensors: holds 9 tokens, its tokenizer 20; weights and"),
    "no heads": (setting("num_attention_heads", None), "config.json: its num_attention_heads is None, exp"),
    "no layers": (setting("num_hidden_layers", None), "config.json: its num_hidden_layers is None, exp"),
    "heads of text": (setting("num_attention_heads", "2"), "its num_attention_heads is '2', expected"),
    "seven heads": (setting("num_attention_heads", 7), "config.json: shares 16 numbers out among 7 heads"),
    "a list of activations": (setting("hidden_act", ["gelu"]), "config.json: its hidden_act is ['gelu']"),
    "a list of prompts": (setting("prompts", ["a"], PROMPTS), "its prompts are ['a'], expected a text by"),
    "a number as a prompt": (setting("prompts", {"a": 3}, PROMPTS), "its prompts are {'a': 3}, expected a"),
    "weights that are text": (holding("model.safetensors", "no tensors"), "ends within its header, after 10"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_folder_is_refused_in_one_line(name: str, own: Path) -> None:
    spoil, problem = SPOILT[name]
    spoil(own)
    with pytest.raises((FormatError, ModelNotFound)) as caught:
        nearer.encoder(own).encode(["a"])
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_static_folder_of_another_tokenizer_or_a_pickle_is_refused(tmp_path: Path) -> None:
    folder = static_folder(tmp_path / "static")
    save_file({"embeddings": np.eye(3, dtype=np.float32)}, folder / "model.safetensors")
    with pytest.raises(
        FormatError, match=r"holds 3 tokens, its tokenizer 20; table and tokenizer must be of"
    ):
        nearer.encoder(folder)
    save_file({"other": np.eye(3, dtype=np.float32)}, folder / "model.safetensors")
    with pytest.raises(FormatError, match="holds no table `embeddings`"):
        nearer.encoder(folder)
    pickled(folder)
    with pytest.raises(FormatError, match="holds a pickle"):
        nearer.encoder(folder)


def test_what_ctranslate2_cannot_run_goes_to_torch(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra torch")
    folder = bert_folder(tmp_path / "bert", prompts={"query": "the lion "})
    fast, slow = opened(folder), nearer.encoder(folder, backend="torch")
    assert not isinstance(slow, Transformer)
    for name in ("encode", "encode_query", "encode_document"):
        np.testing.assert_allclose(getattr(fast, name)(TEXTS), getattr(slow, name)(TEXTS), rtol=0, atol=1e-5)
    assert slow.identity != fast.identity
    assert slow.identity != nearer.encoder(folder, backend="torch", prompt="a ").identity
    with pytest.raises(ParameterError, match="compute is no option of a model that torch runs"):
        nearer.encoder(folder, backend="torch", compute="int8")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "mish"}))
    assert not isinstance(nearer.encoder(folder), Transformer)
    with pytest.raises(FormatError, match='needs the activation mish; open it with backend="torch"'):
        nearer.encoder(folder, backend="ctranslate2")


def with_dense(folder: Path, bias: float = 0.0) -> Path:
    """The same model with a step that only torch runs, in a folder of its own: 16 -> 3."""
    modules = json.loads((folder / "modules.json").read_text())
    modules[2] |= {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps(modules))
    dense = folder / "2_Dense"
    dense.mkdir(exist_ok=True)
    settings = {"in_features": 16, "out_features": 3, "bias": True}
    settings["activation_function"] = "torch.nn.modules.linear.Identity"
    (dense / "config.json").write_text(json.dumps(settings))
    weights = {"linear.weight": np.eye(3, 16, dtype=np.float32), "linear.bias": np.full(3, bias, np.float32)}
    save_file(weights, dense / "model.safetensors")
    return folder


def test_a_pickle_of_any_step_is_refused_whatever_lies_beside_it(own: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra torch")
    dense = with_dense(own) / "2_Dense"
    assert nearer.encoder(own).encode(["a"]).shape == (1, 3)
    pickled(dense)
    for beside in ("notes.safetensors", "model.safetensors.index.json"):
        (dense / beside).write_bytes(b"{}")
        with pytest.raises(FormatError, match=r"2_Dense/pytorch_model\.bin: holds a pickle"):
            nearer.encoder(own)
    deeper = own / "1_Pooling" / "part" / "pytorch_model.bin"
    deeper.parent.mkdir()
    (dense / "pytorch_model.bin").rename(deeper)
    with pytest.raises(FormatError, match=r"part/pytorch_model\.bin: holds a pickle"):
        nearer.encoder(own)


def test_the_identity_of_a_model_that_torch_runs_is_of_every_file(own: Path) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra torch")
    first = nearer.encoder(with_dense(own)).identity
    (own / "README.md").write_text("a model")
    (own / ".cache").mkdir()
    (own / ".cache" / "fetched").write_text("today")
    assert nearer.encoder(own).identity == first
    (own / "table.bin").write_bytes(b"rows")
    second = nearer.encoder(own).identity
    assert len({first, second, nearer.encoder(with_dense(own, bias=1.0)).identity}) == 3


def test_torch_keeps_its_threads(own: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra torch")
    before = torch.get_num_threads()
    nearer.encoder(own, backend="torch", threads=before + 1).encode(["a"])
    assert torch.get_num_threads() == before


def test_torch_opens_a_model_without_a_word(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra torch")
    pytest.importorskip("sentence_transformers", reason="needs the extra torch")
    talk = transformers.utils.logging
    before = talk.get_verbosity(), talk.is_progress_bar_enabled()
    nearer.encoder(own, backend="torch")
    assert capfd.readouterr() == ("", "")
    assert (talk.get_verbosity(), talk.is_progress_bar_enabled()) == before


def test_neither_way_of_ours_loads_torch(bert: Path, tmp_path: Path) -> None:
    static = static_folder(tmp_path / "static")
    code = "import sys, nearer\nfor path in sys.argv[1:]: nearer.encoder(path).encode(['a lion'])\n"
    code += "print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code, str(bert), str(static)], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "ctranslate2" in loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "scipy", "sklearn", "pyarrow"}


def test_a_missing_library_is_named_with_its_install_line(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(nearer.errors.MissingExtra, match=r'pip install "nearer\[text\]"$'):
        opened(bert).encode(["a"])


def test_prompts_come_before_the_text(bert: Path) -> None:
    plain, prompted = opened(bert), opened(bert, prompt="the lion ")
    np.testing.assert_array_equal(prompted.encode(["sleeps"]), plain.encode(["the lion sleeps"]))
    assert transformer.special_tokens(plain._tokenizer) == ([2], [3])


def test_static_is_the_mean_of_rows(tmp_path: Path) -> None:
    encoder = nearer.encoder(static_folder(tmp_path / "static"))
    assert isinstance(encoder, Static)
    rows = encoder.table[[7, 9, 11]]  # lion, sleep, ##s
    np.testing.assert_allclose(encoder.encode(["lion 🦁 sleeps"])[0], rows.mean(axis=0), atol=1e-6)


def test_code_that_a_folder_brings_is_not_run(own: Path, tmp_path: Path) -> None:
    expected = nearer.encoder(own).encode(TEXTS)
    config = json.loads((own / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "evil.Evil", "AutoConfig": "evil.Config"}
    (own / "config.json").write_text(json.dumps(config))
    (own / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    np.testing.assert_array_equal(nearer.encoder(own).encode(TEXTS), expected)
    assert not (tmp_path / "ran").exists()
