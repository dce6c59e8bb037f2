"""Tiny models of texts, made where they are needed: a tokenizer of word pieces and random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [
    "the",
    "a",
    "lion",
    "zebra",
    "sleep",
    "run",
    "##s",
    "in",
    "grass",
    "and",
    ".",
    ",",
    "##ing",
    "x",
    "##x",
]
TEXTS = [
    "the lion sleeps in the grass",
    "a zebra runs",
    "",
    "the lion and the zebra, running and sleeping. " * 8,
    "x",
    "unheard words 🦁",
    "Lions",
]


def tokenizer(specials: bool = True) -> Tokenizer:
    """Word pieces of PIECES, with [CLS] before and [SEP] after a text where `specials` are wanted."""
    vocabulary = {piece: row for row, piece in enumerate([*SPECIAL, *PIECES])}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    if specials:
        made.add_special_tokens(SPECIAL)
        made.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    return made


def static_folder(folder: Path, *, weights: bool = False, normalize: bool = False, dim: int = 6) -> Path:
    """A folder as model2vec writes one; with `weights`, tokens share rows and have weights."""
    folder.mkdir(parents=True)
    tokenizer(specials=False).save(str(folder / "tokenizer.json"))
    random = np.random.default_rng(4)
    count = len(SPECIAL) + len(PIECES)
    tensors: dict[str, NDArray[Any]] = {
        "embeddings": random.normal(size=(count // 2 if weights else count, dim)).astype(np.float32)
    }
    if weights:
        tensors["weights"] = random.uniform(0.1, 1, count).astype(np.float64)
        tensors["mapping"] = random.integers(0, count // 2, count).astype(np.int64)
    save_file(tensors, folder / "model.safetensors")
    config = {"model_type": "model2vec", "normalize": normalize, "hidden_dim": dim}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def bert_folder(
    folder: Path,
    *,
    pooling: str | None = "mean",
    normalize: bool = True,
    max_tokens: int = 16,
    prompts: dict[str, str] | None = None,
    **config: Any,
) -> Path:
    """A folder of sentence-transformers with a BERT of two layers; a plain transformer's for pooling=None."""
    folder.mkdir(parents=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    settings = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 32,
        "vocab_size": len(SPECIAL) + len(PIECES),
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        **config,
    }
    _write(folder / "config.json", settings)
    specials = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    _write(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **specials})
    save_file(bert_tensors(settings), folder / "model.safetensors", metadata={"format": "pt"})
    if pooling is not None:
        sentence_files(folder, pooling, normalize, max_tokens, prompts or {})
    return folder


def sentence_files(
    folder: Path, pooling: str, normalize: bool, max_tokens: int, prompts: dict[str, str]
) -> None:
    """The files that sentence-transformers adds to a transformer's."""
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    places = ["", "1_Pooling", "2_Normalize"]
    rows = [
        {"idx": row, "name": str(row), "path": place, "type": f"sentence_transformers.models.{kind}"}
        for row, (kind, place) in enumerate(zip(kinds, places, strict=False))
    ]
    (folder / "modules.json").write_text(json.dumps(rows))
    _write(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
    for place in places[1 : len(kinds)]:
        (folder / place).mkdir(exist_ok=True)
    width = json.loads((folder / "config.json").read_text()).get("hidden_size", 16)
    modes = dict.fromkeys(("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens"), False)
    modes |= dict.fromkeys(("weightedmean_tokens", "lasttoken"), False)
    modes[next(mode for mode in modes if mode.removesuffix("_tokens").removesuffix("_token") == pooling)] = (
        True
    )
    flags = {f"pooling_mode_{mode}": on for mode, on in modes.items()}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **flags})


def bert_tensors(settings: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Random weights of a BERT, large enough that every part matters."""
    random = np.random.default_rng(3)
    width, wide = settings["hidden_size"], settings["intermediate_size"]

    def normal(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.3, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": normal(settings["vocab_size"], width),
        "embeddings.position_embeddings.weight": normal(settings["max_position_embeddings"], width),
        "embeddings.token_type_embeddings.weight": normal(settings["type_vocab_size"], width),
        "embeddings.LayerNorm.weight": 1 + normal(width),
        "embeddings.LayerNorm.bias": normal(width),
        "pooler.dense.weight": normal(width, width),
        "pooler.dense.bias": normal(width),
    }
    shapes = {f"attention.self.{name}": (width, width) for name in ("query", "key", "value")}
    shapes |= {"attention.output.dense": (width, width), "intermediate.dense": (wide, width)}
    shapes |= {"output.dense": (width, wide)}
    for layer in range(settings["num_hidden_layers"]):
        for name, shape in shapes.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = normal(*shape)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = normal(shape[0])
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"encoder.layer.{layer}.{name}.weight"] = 1 + normal(width)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = normal(width)
    return tensors


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value))
