"""Tiny models of the wav2vec2 family, saved as transformers saves them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

ARCHITECTURES = {
    "wav2vec2": ("Wav2Vec2Config", "Wav2Vec2Model", "group"),
    "wav2vec2 for speech": ("Wav2Vec2Config", "Wav2Vec2ForCTC", "layer"),
    "hubert": ("HubertConfig", "HubertModel", "layer"),
    "wavlm": ("WavLMConfig", "WavLMModel", "group"),
}


def wave_model(folder: Path, architecture: str = "wav2vec2", *, seed: int = 0, scaled: bool = True) -> Path:
    """A folder with a model of 2 layers of 16, random by `seed`; skips without torch and transformers."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config_name, model_name, norm = ARCHITECTURES[architecture]
    config = getattr(transformers, config_name)(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8, 8, 8),
        conv_stride=(5, 8, 8),
        conv_kernel=(10, 8, 8),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        vocab_size=10,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: Any = getattr(transformers, model_name)(config)
    logging = transformers.utils.logging
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    model.save_pretrained(folder)
    if bars:
        logging.enable_progress_bar()
    said = {"sampling_rate": 16_000, "do_normalize": scaled, "feature_size": 1, "padding_value": 0.0}
    (folder / "preprocessor_config.json").write_text(json.dumps(said), encoding="utf-8")
    tokenizing = {"tokenizer_class": "Wav2Vec2CTCTokenizer", "word_delimiter_token": "|"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizing), encoding="utf-8")
    return folder


def wave_model_somewhere() -> Path:
    """The same in a folder of its own, for as long as the process lives."""
    place = tempfile.TemporaryDirectory(prefix="nearer-wave-model-")
    KEPT.append(place)
    return wave_model(Path(place.name))


KEPT: list[tempfile.TemporaryDirectory[str]] = []
