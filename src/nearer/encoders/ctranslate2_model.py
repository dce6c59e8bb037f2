"""A BERT-like encoder run by CTranslate2, built in memory straight from the tensors of its safetensors file.

    embeddings (words + positions + segment 0), layer norm
    layers: attention (query, key and value as one product), layer norm; feed-forward, layer norm

The bytes CTranslate2 reads (version 6 of its format): uint32 version; the name of the specification; uint32
revision; uint32 variables, each a name, uint8 dimensions, uint32 a dimension, uint8 dtype, uint32 bytes and
the values; uint32 aliases. A string is a uint16 length, its bytes and a zero byte.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearer.errors import FormatError, shown
from nearer.extras import require

Variables = dict[str, NDArray[Any]]
DTYPES = ("float32", "int8", "int16", "int32")  # by their number in the format
ACTIVATIONS = {  # name in config.json -> number in CTranslate2
    "relu": 0,
    "gelu_new": 1,
    "gelu_pytorch_tanh": 1,
    "silu": 2,
    "swish": 2,
    "gelu": 3,
    "quick_gelu": 4,
}
EMBEDDING = ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight")


@dataclass(frozen=True)
class Architecture:
    """Where a family of models keeps its tensors and settings.

    layer : name of a layer's tensors, with its number; parts : those of query, key, value, the attention's
        output and norm, the feed-forward's two steps and norm.
    first_position : row of the first position; the padding token's id + 1 where that is -1.
    """

    prefix: str
    layer: str
    parts: tuple[str, ...]
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    activation: str = "hidden_act"
    first_position: int = 0


BERT_PARTS = (
    *(f"attention.self.{name}" for name in ("query", "key", "value")),
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
)
DISTILBERT_PARTS = (
    *(f"attention.{name}" for name in ("q_lin", "k_lin", "v_lin", "out_lin")),
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
)
ARCHITECTURES = {
    "bert": Architecture("bert.", "encoder.layer", BERT_PARTS),
    "camembert": Architecture("roberta.", "encoder.layer", BERT_PARTS, first_position=-1),
    "distilbert": Architecture(
        "distilbert.", "transformer.layer", DISTILBERT_PARTS, "n_layers", "n_heads", "activation"
    ),
    "electra": Architecture("electra.", "encoder.layer", BERT_PARTS),
    "roberta": Architecture("roberta.", "encoder.layer", BERT_PARTS, first_position=-1),
    "xlm-roberta": Architecture("roberta.", "encoder.layer", BERT_PARTS, first_position=-1),
}


def unfit(config: Mapping[str, Any]) -> str | None:
    """Why CTranslate2 cannot run a model of these settings, or None where it can."""
    name = str(config.get("model_type", ""))
    if name not in ARCHITECTURES:
        return f"an architecture that is not BERT's ({name or 'unnamed'})"
    activation = config.get(ARCHITECTURES[name].activation, "gelu")
    if isinstance(activation, str) and activation not in ACTIVATIONS:
        return f"the activation {activation}"
    if config.get("position_embedding_type", "absolute") != "absolute":
        return "relative positions"
    if config.get("embedding_size", config.get("hidden_size")) != config.get("hidden_size"):
        return "embeddings narrower than the layers"
    return None


def _require_settings(path: Path, config: Mapping[str, Any], width: int) -> None:
    """Raise `FormatError` for settings in the file `path` that are missing, of another kind, or do not fit.

    config : of a model that is not `unfit`; width : of its vectors, which the heads share out.
    """
    family = ARCHITECTURES[str(config["model_type"])]
    least = {family.heads: 1, family.layers: 1}
    if family.first_position < 0:
        least["pad_token_id"] = 0
    for name, low in least.items():
        value = config.get(name, 1 if name == "pad_token_id" else None)
        if type(value) is not int or not low <= value < 1 << 15:
            raise FormatError(
                f"its {name} is {shown(value)}, expected a whole number from {low} up", file=path
            )
    if width % config[family.heads]:
        raise FormatError(f"shares {width} numbers out among {config[family.heads]} heads", file=path)
    for name, kind in ((family.activation, str), ("layer_norm_eps", int | float)):
        if name in config and not isinstance(config[name], kind):
            raise FormatError(f"its {name} is {shown(config[name])}", file=path)


def variables_of(path: Path, config: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> Variables:
    """The tensors of a model, named as CTranslate2 does; raises `FormatError` for one that is missing."""
    family = ARCHITECTURES[str(config["model_type"])]
    named = {_plain(name, family.prefix): values for name, values in weights.items()}

    def tensor(name: str) -> NDArray[np.float32]:
        if name not in named:
            raise FormatError(
                f"holds no tensor {name!r}", file=path, remedy="config.json and weights must be of one model"
            )
        return np.asarray(named[name], dtype=np.float32)

    _require_settings(path.with_name("config.json"), config, tensor(EMBEDDING[0]).shape[-1])
    positions = tensor(EMBEDDING[1])
    first = family.first_position
    positions = positions[int(config.get("pad_token_id", 1)) + 1 if first < 0 else first :]
    if "embeddings.token_type_embeddings.weight" in named:
        positions = positions + tensor("embeddings.token_type_embeddings.weight")[0]
    variables: Variables = {
        "num_heads": np.array(config[family.heads], np.int16),
        "pre_norm": np.array(0, np.int8),
        "activation": np.array(ACTIVATIONS[config.get(family.activation, "gelu")], np.int8),
        "embeddings_merge": np.array(0, np.int8),
        "multi_query_attention": np.array(0, np.int8),
        "scale_embeddings": np.array(0, np.int8),
        "embeddings_0/weight": tensor(EMBEDDING[0]),
        "position_encodings/encodings": positions,
        "layernorm_embedding/gamma": tensor("embeddings.LayerNorm.weight"),
        "layernorm_embedding/beta": tensor("embeddings.LayerNorm.bias"),
    }
    for place in range(int(config[family.layers])):
        q, k, v, out, norm, wide, narrow, last = (f"{family.layer}.{place}.{part}" for part in family.parts)
        at = f"layer_{place}"
        for name, end in (("weight", "weight"), ("bias", "bias")):
            joined = [tensor(f"{part}.{end}") for part in (q, k, v)]
            variables[f"{at}/self_attention/linear_0/{name}"] = np.concatenate(joined)
            variables[f"{at}/self_attention/linear_1/{name}"] = tensor(f"{out}.{end}")
            variables[f"{at}/ffn/linear_0/{name}"] = tensor(f"{wide}.{end}")
            variables[f"{at}/ffn/linear_1/{name}"] = tensor(f"{narrow}.{end}")
        for name, end in (("gamma", "weight"), ("beta", "bias")):
            variables[f"{at}/self_attention/layer_norm/{name}"] = tensor(f"{norm}.{end}")
            variables[f"{at}/ffn/layer_norm/{name}"] = tensor(f"{last}.{end}")
    return {f"encoder/{name}": values for name, values in variables.items()}


def packed(variables: Variables) -> bytes:
    """The bytes of a model as CTranslate2 reads them."""
    parts: list[bytes] = [struct.pack("<I", 6), _string("TransformerEncoderSpec")]
    parts.append(struct.pack("<II", 1, len(variables)))
    for name, values in sorted(variables.items()):
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        kind = struct.pack("<BI", DTYPES.index(values.dtype.name), values.nbytes)
        parts += [_string(name), shape, kind, values.tobytes()]
    parts.append(struct.pack("<I", 0))
    return b"".join(parts)


def start(variables: Variables, epsilon: float, compute: str, threads: int) -> Any:
    """A `ctranslate2.Encoder` of these variables, with `threads` batches at a time, one thread each.

    compute : "float32", or "int8": weights are quantised by row, activations by token, as it is loaded.
    """
    library = require("ctranslate2", "text", "a transformer of texts")
    rows = len(variables["encoder/embeddings_0/weight"])
    config = {"bos_token": "0", "eos_token": "0", "unk_token": "0", "layer_norm_epsilon": epsilon}
    files = {
        "config.json": json.dumps(config).encode(),
        "model.bin": packed(variables),
        "vocabulary.json": json.dumps([str(row) for row in range(rows)]).encode(),  # texts come as ids
    }
    return library.Encoder(
        "nearer", device="cpu", compute_type=compute, inter_threads=threads, intra_threads=1, files=files
    )


def _plain(name: str, prefix: str) -> str:
    """The name of a tensor without the model's own prefix, as newer files have it."""
    return (
        name.removeprefix(prefix)
        .replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias")
    )


def _string(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"
