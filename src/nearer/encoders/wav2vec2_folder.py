"""Folders of the wav2vec2 family as Hugging Face's transformers saves them: what they say, and the network.

config.json                the architecture, and the strides of its convolutions over the wave
model.safetensors          weights; a pickle is refused
preprocessor_config.json   the sampling rate, and whether a wave is scaled to mean 0 and variance 1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from pathlib import Path
from typing import Any

from nearer.encoders.model_folder import model_type, read_object, refuse_pickles
from nearer.encoders.torch_settings import quiet_transformers
from nearer.errors import FormatError, IntegrityError
from nearer.extras import require

FAMILY = ("hubert", "wav2vec2", "wavlm")
UNUSED = {"masked_spec_embed"}  # what hides frames while training; encoding never needs it
VOLATILE = {"_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version"}


@dataclass(frozen=True)
class Wav2Vec2Folder:
    """What a folder says.

    Attributes
    ----------
    config : of `config.json`, without what changes no vector.
    rate : samples a second of the waves it reads.
    scaled : whether a wave is scaled to mean 0 and variance 1 first.
    kernels, strides : of the convolutions over the wave, in samples of the one before.
    """

    folder: Path
    config: dict[str, Any]
    rate: int
    scaled: bool
    kernels: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def span(self) -> int:
        """Samples that one frame is made of: a shorter wave has none."""
        steps: Iterator[int] = accumulate((1, *self.strides[:-1]), mul)
        return 1 + sum((kernel - 1) * step for kernel, step in zip(self.kernels, steps, strict=True))


def is_wav2vec2_folder(folder: Path) -> bool:
    """Whether `config.json` names an architecture of the family."""
    return model_type(folder) in FAMILY


def read_wav2vec2_folder(folder: Path) -> Wav2Vec2Folder:
    """What the files of a folder say; a missing preprocessor_config.json counts as the library's own values.

    Raises `FormatError` naming the file for values of another form, and for weights in a pickle.
    """
    refuse_pickles(folder)
    config = read_object(folder / "config.json")
    kernels, strides = (_sizes(folder, config, name) for name in ("conv_kernel", "conv_stride"))
    if len(kernels) != len(strides):
        raise FormatError(
            f"names {len(kernels)} kernels and {len(strides)} strides of convolutions",
            file=folder / "config.json",
        )
    path = folder / "preprocessor_config.json"
    said = read_object(path, {})
    rate, scaled = said.get("sampling_rate", 16_000), said.get("do_normalize", True)
    if not isinstance(rate, int) or not 1_000 <= rate <= 1_000_000 or not isinstance(scaled, bool):
        raise FormatError(f"sampling_rate {rate!r} or do_normalize {scaled!r} is of another form", file=path)
    kept = {name: value for name, value in config.items() if name not in VOLATILE}
    return Wav2Vec2Folder(folder, kept, rate, scaled, kernels, strides)


def open_network(model: Wav2Vec2Folder) -> Any:
    """The network in float32; raises `IntegrityError` for weights that are damaged or missing."""
    torch = require("torch", "torch", f"the model in {model.folder}")
    transformers = require("transformers", "torch", f"the model in {model.folder}")
    try:
        with quiet_transformers():
            network, found = transformers.AutoModel.from_pretrained(
                str(model.folder),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except Exception as error:  # whatever the libraries below may say
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise IntegrityError(
            f"cannot be opened by transformers: {said[:300]}",
            file=model.folder,
            remedy="fetch the folder anew",
        ) from error
    lacking = sorted(set(found["missing_keys"]) - UNUSED) + sorted(map(str, found.get("mismatched_keys", ())))
    if lacking:
        raise IntegrityError(
            f"its weights lack {lacking[0]} (and {len(lacking) - 1} more)",
            file=model.folder,
            remedy="fetch the folder anew",
        )
    return network.to(torch.float32).eval()


def _sizes(folder: Path, config: dict[str, Any], name: str) -> tuple[int, ...]:
    values = config.get(name)
    if not isinstance(values, list) or not values or not all(isinstance(v, int) and v > 0 for v in values):
        raise FormatError(f"{name} is {values!r}, expected a list of sizes", file=folder / "config.json")
    return tuple(values)
