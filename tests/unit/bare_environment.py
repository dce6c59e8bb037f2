"""Run in a process of its own: the house with every optional library hidden, as after `pip install nearer`.

Prints one JSON object: what worked, and the line of every part that needs more.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import wave
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

OPTIONAL = {  # what the extras bring; Pillow comes with matplotlib, but is asked for as an extra
    "PIL", "ctranslate2", "datasets", "gensim", "huggingface_hub", "igraph", "librosa", "model2vec",
    "networkx", "onnx", "onnxruntime", "pandas", "polars", "prince", "sentence_transformers", "soundfile",
    "soxr", "torch", "torchvision", "transformers",
}  # fmt: skip


class Hidden(MetaPathFinder):
    """Finds nothing of what is optional, as if it were not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in OPTIONAL:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname.partition(".")[0])


sys.meta_path.insert(0, Hidden())

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402

import nearer  # noqa: E402
from nearer.data.audio import read_audio  # noqa: E402
from nearer.data.images import read_image  # noqa: E402
from nearer.errors import MissingExtra, ModelNotFound  # noqa: E402

TEXTS = ["the lion and the zebra", "a zebra and a lion", "the computer and the mouse"] * 20
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
ROWS = {"age": [float(row % 40) for row in range(60)], "town": ["Ur", "Uruk", "Nippur"] * 20}


def words() -> object:
    return nearer.Word2Vec(dim=4, min_count=1, epochs=1, threads=1).fit(TEXTS).space_.dim


def subwords() -> object:
    return (
        nearer.FastText(dim=4, min_count=1, epochs=1, buckets=50, threads=1)
        .fit(TEXTS)
        .encode(["lions"])
        .shape
    )


def graphs() -> object:
    return len(
        nearer.Node2Vec(dim=4, walks=2, length=5, threads=1).fit([("a", "b"), ("b", "c"), ("c", "a")]).space_
    )


def recommendations() -> object:
    choices = [("ann", "tea"), ("ann", "milk"), ("bob", "milk"), ("bob", "tea"), ("cy", "milk")]
    return len(nearer.ALS(dim=2, iterations=2, threads=1).fit(choices).recommend("cy", 1)["cy"])


def documents_embedded_and_judged() -> object:
    model = nearer.Doc2Vec(dim=4, min_count=1, epochs=2, threads=1).fit(TEXTS)
    table = pa.table({"text": TEXTS[:30], "kind": ["wild", "wild", "desk"] * 10})
    with tempfile.TemporaryDirectory() as folder:
        made = nearer.embed(model, table, keep=["kind"], out=Path(folder) / "o.space")
        near = nearer.evaluate.knn(made.space, "kind", k=3)
        hits = nearer.search.HNSW(made.space).search([made.space.keys[0]], k=2)
    return [made.report.items, near.n, len(hits.keys) > 0]


def rows_of_a_table() -> object:
    encoder = nearer.TableAutoencoder(dim=3, hidden=8, epochs=2, threads=1).fit(ROWS)
    return [encoder.encode([{"age": 30.0, "town": "Ur"}]).shape, nearer.FAMD(dim=2).fit(ROWS).space_.dim]


def static_texts() -> object:
    return nearer.encoder("wordllama").encode(["a lion"]).shape


def wave_of_samples() -> object:
    return read_audio((np.zeros(1600, np.float32), 16_000), 16_000).shape


def transformer() -> object:
    return nearer.encoder("all-MiniLM-L6-v2").encode(["a lion"]).shape


def photos() -> object:
    return nearer.encoder("efficientnet-lite0").encode([np.zeros((8, 8, 3), np.uint8)]).shape


def image() -> object:
    return read_image(PNG)


def sound_file() -> object:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    return read_audio(buffer.getvalue(), 16_000).shape


def other_rate() -> object:
    return read_audio((np.zeros(800, np.float32), 8_000), 16_000).shape


def contrast() -> object:
    space = nearer.Space(["a", "b", "c", "d"], np.eye(4, dtype=np.float32))
    return nearer.Contrastive(encoder=space, dim=2, epochs=1).fit(["a", "b", "c", "d"])


CASES: list[Callable[[], object]] = [
    words, subwords, graphs, recommendations, documents_embedded_and_judged, rows_of_a_table, static_texts,
    wave_of_samples, transformer, photos, image, sound_file, other_rate, contrast,
]  # fmt: skip


def outcome(case: Callable[[], object]) -> dict[str, Any]:
    """What a case gave: its value, or the line of what is missing."""
    try:
        return {"value": case()}
    except ModelNotFound as error:
        return {"no weights": str(error)}
    except MissingExtra as error:
        return {"missing": str(error)}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    found = {case.__name__: outcome(case) for case in CASES}
    loaded = sorted(name for name in OPTIONAL if name in sys.modules)
    sys.stdout.write(json.dumps({"cases": found, "loaded": loaded}))
