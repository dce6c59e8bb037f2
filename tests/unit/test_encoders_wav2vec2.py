"""Folders of the wav2vec2 family: vectors are those of transformers, nothing is padded, nothing unpickled."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nearer
from nearer.encoders import Wav2Vec2, recordings, wav2vec2
from nearer.errors import FormatError, InputError, IntegrityError, MissingExtra, ParameterError
from sounds import tone, written
from wave_models import ARCHITECTURES, wave_model

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WAVES = [tone(seconds, 16_000, hertz) for seconds, hertz in ((0.4, 300.0), (1.1, 150.0), (0.4, 700.0))]
ITEMS = [(wave, 16_000) for wave in WAVES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wave_model(tmp_path_factory.mktemp("model"))


def opened(folder: Path, **options: Any) -> Wav2Vec2:
    encoder = nearer.encoder(folder, threads=1, **options)
    assert isinstance(encoder, Wav2Vec2)
    return encoder


def by_transformers(folder: Path, wave: Any, layer: int | None = None) -> Any:
    """The mean of the frames, by transformers' own preprocessing and model."""
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    values = extractor(wave, sampling_rate=16_000, return_tensors="pt").input_values
    with torch.inference_mode():
        found = model(values, output_hidden_states=True)
    frames = found.last_hidden_state if layer is None else found.hidden_states[layer]
    return frames[0].mean(dim=0).numpy()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_vectors_are_those_of_transformers(architecture: str, tmp_path: Path) -> None:
    folder = wave_model(tmp_path, architecture)
    vectors = opened(folder).encode(ITEMS)
    assert vectors.shape == (3, 16)
    for wave, vector in zip(WAVES, vectors, strict=True):
        np.testing.assert_allclose(vector, by_transformers(folder, wave), atol=1e-5)


def test_a_tokenizer_for_transcribing_makes_no_text_model_of_it(folder: Path) -> None:
    assert (folder / "tokenizer_config.json").is_file()
    assert opened(folder).modality == "audio"


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_any_layer_can_be_averaged(folder: Path, layer: int) -> None:
    encoder = opened(folder, layer=layer)
    np.testing.assert_allclose(
        encoder.encode(ITEMS[:1])[0], by_transformers(folder, WAVES[0], layer), atol=1e-5
    )
    assert encoder.identity != opened(folder).identity


def test_a_model_that_reads_waves_as_they_are(tmp_path: Path) -> None:
    folder = wave_model(tmp_path, scaled=False)
    wave = WAVES[0] * 3 + 0.2
    np.testing.assert_allclose(
        opened(folder).encode([(wave, 16_000)])[0], by_transformers(folder, wave), atol=1e-5
    )


def test_long_recordings_are_the_mean_over_equal_windows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = np.tile(tone(1.0, 8_000, 200.0), 5)[: 8_000 * 5 - 2_000]
    encoder = opened(folder, window=1.0)
    seen = []
    frames = encoder._frames
    monkeypatch.setattr(encoder, "_frames", lambda waves: seen.append(waves.shape) or frames(waves))
    held = encoder.encode([(long, 8_000)])
    assert sum(shape[0] for shape in seen if shape[1] == 15_200) == 5
    monkeypatch.setattr(recordings, "HELD_SECONDS", 1.5)
    np.testing.assert_allclose(encoder.encode([written(long, 8_000, "float")]), held, atol=1e-5)


def test_many_lengths_do_not_wait_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = opened(folder)
    items = [(tone(0.1 + 0.001 * k), 16_000) for k in range(40)]
    alone = np.concatenate([encoder.encode([item]) for item in items])
    np.testing.assert_allclose(encoder.encode(items), alone, atol=1e-5)
    passes = []
    frames = encoder._frames
    monkeypatch.setattr(encoder, "_frames", lambda waves: passes.append(len(waves)) or frames(waves))
    monkeypatch.setattr(wav2vec2, "MOST_HELD", 5)
    with pytest.raises(InputError, match=r"^item 40: "):
        encoder.encode([*items, b"no sound"])
    assert passes == [1] * 40  # none of them waits any more


def test_a_recording_shorter_than_a_frame_is_filled_with_zeros(folder: Path) -> None:
    encoder = opened(folder)
    assert encoder.model.span == 1 + 9 + 7 * 5 + 7 * 40
    assert np.isfinite(encoder.encode([(tone(0.002), 16_000)])).all()


def test_threads_of_torch_are_left_as_they_were(folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        opened(folder).encode(ITEMS)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_identity_is_that_of_what_decides_vectors(folder: Path, tmp_path: Path) -> None:
    identity = opened(folder).identity
    assert opened(folder, expected_rate=8_000).identity == identity
    assert opened(folder, window=5.0).identity != identity
    others = {
        opened(wave_model(tmp_path / "seed", seed=1)).identity,
        opened(wave_model(tmp_path / "scaled", scaled=False)).identity,
    }
    assert identity not in others
    same = wave_model(tmp_path / "same")
    config = json.loads((same / "config.json").read_text())
    (same / "config.json").write_text(json.dumps({**config, "_name_or_path": "elsewhere"}))
    assert opened(same).identity == identity


BAD: dict[str, tuple[Any, str]] = {
    "silence": ((np.zeros(8_000, np.float32), 16_000), "^item 1: all its 8,000 samples are silence"),
    "corrupt": (b"fLaC" + bytes(60), "^item 1: not a sound file that can be read|^item 1: corrupt"),
    "wrong rate": ((tone(0.2, 8_000), 8_000), "^item 1: its sampling rate is 8,000 Hz, expected 16,000"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recording_is_named(folder: Path, case: str) -> None:
    item, message = BAD[case]
    with pytest.raises(InputError, match=message):
        opened(folder, expected_rate=16_000 if case == "wrong rate" else None).encode([ITEMS[0], item])


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    folder = wave_model(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(FormatError, match=r"pytorch_model.bin: holds a pickle, which can run any code"):
        nearer.encoder(folder)


def test_damaged_and_missing_weights_are_named(tmp_path: Path) -> None:
    folder = wave_model(tmp_path)
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(
        IntegrityError, match=rf"^{folder}: cannot be opened by transformers: .*; fetch the folder"
    ):
        nearer.encoder(folder)
    (folder / "model.safetensors").write_bytes(data)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(
        IntegrityError, match=rf"^{folder}: its weights lack encoder.layers.2.* \(and \d+ more\)"
    ):
        nearer.encoder(folder)


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        ("config.json", {"conv_kernel": [10]}, "names 1 kernels and 3 strides of convolutions$"),
        ("config.json", {"conv_stride": "5"}, "conv_stride is '5', expected a list of sizes$"),
        (
            "preprocessor_config.json",
            {"sampling_rate": "16k"},
            "sampling_rate '16k' or do_normalize True is of",
        ),
    ],
)
def test_files_of_another_form_are_named(
    tmp_path: Path, file: str, values: dict[str, Any], message: str
) -> None:
    folder = wave_model(tmp_path)
    said = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**said, **values}))
    with pytest.raises(FormatError, match=rf"^{folder / file}: {message}"):
        nearer.encoder(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": 3}, "^layer=3 is not from 0 to 2, the layers of "),
        ({"layer": -1}, "^layer=-1 is not from 0 to 2"),
        ({"window": 0.5}, r"^window=0\.5 is no length of at least 1 s$"),
        ({"dim": 4}, "has no option 'dim'; its options are layer, window, expected_rate, threads$"),
    ],
)
def test_what_is_no_option_is_refused(folder: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        nearer.encoder(folder, **options)


def test_without_torch_the_install_line_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r'needs torch, .*; pip install "nearer\[torch\]"$'):
        nearer.encoder(folder)
