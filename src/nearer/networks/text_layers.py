"""The torch module of `Transformer`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from nearer.encoders.torch_settings import quiet_transformers
from nearer.errors import IntegrityError, one_line
from nearer.networks.heads import seeded


def transformer(config: Mapping[str, Any], folder: Path | None, seed: int) -> nn.Module:
    """A transformer of `config` in float32, with the weights of `folder` if there is one.

    Raises `IntegrityError` for weights that cannot be read or are not those of `config`.
    """
    with quiet_transformers():
        return _loaded(config, folder, seed)


def _loaded(config: Mapping[str, Any], folder: Path | None, seed: int) -> nn.Module:
    try:
        kept = {
            name: value
            for name, value in config.items()
            if name not in ("model_type", "dtype", "torch_dtype")
        }
        made = transformers.AutoConfig.for_model(config["model_type"], **kept)
        with seeded(seed):
            if folder is None:
                model = transformers.AutoModel.from_config(made)  # type: ignore[no-untyped-call]
            else:
                model = transformers.AutoModel.from_pretrained(
                    folder, config=made, local_files_only=True, use_safetensors=True, dtype=torch.float32
                )
    except Exception as error:  # of many kinds, by what is wrong with the files
        where = folder or "the model"
        raise IntegrityError(
            f"transformers cannot load it ({type(error).__name__}: {one_line(str(error))[:200]})", file=where
        ) from None
    found: nn.Module = model.float()
    return found


class TextModule(nn.Module):
    """Ids of tokens (b, tokens) and their mask become the pooled last layer, (b, width).

    layers : how many of the last layers are trained; None: all weights; 0: a linear map above them alone.
    """

    def __init__(self, model: nn.Module, width: int, pooling: str, layers: int | None) -> None:
        super().__init__()
        self.model, self.pooling = model, pooling
        self.head: nn.Linear | None = None
        if layers is not None:
            model.requires_grad_(False)
            for layer in _layers(model)[len(_layers(model)) - layers :] if layers else []:
                layer.requires_grad_(True)
        if layers == 0:
            self.head = nn.Linear(width, width)
            with torch.no_grad():
                self.head.weight.copy_(torch.eye(width))
                self.head.bias.zero_()
        for name, parameter in model.named_parameters():
            if name.startswith("pooler."):  # above the first token, and not used here
                parameter.requires_grad_(False)

    def forward(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Vectors of texts, (b, width)."""
        ids, there = batch
        states: Tensor = self.model(input_ids=ids, attention_mask=there).last_hidden_state
        if self.pooling == "cls":
            found = states[:, 0]
        else:
            weight = there[:, :, None].to(states.dtype)
            found = (states * weight).sum(1) / weight.sum(1).clamp_min(1.0)
        return found if self.head is None else self.head(found)


def _layers(model: nn.Module) -> list[nn.Module]:
    """The layers of a transformer: its longest list of modules."""
    lists = [list(module) for module in model.modules() if isinstance(module, nn.ModuleList)]
    return max(lists, key=len, default=[])
