"""Transformer: a pretrained text transformer that training goes on from; its plan and its tokenised texts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.model_folder import read_object
from nearer.encoders.texts import read_tokenizer
from nearer.errors import InputError, ParameterError, shown
from nearer.extras import require
from nearer.networks.base import Plan, Prepared
from nearer.networks.text_folder import CONFIG, TOKENIZER, model_folder
from nearer.networks.values import fraction, whole

if TYPE_CHECKING:
    import torch

CHANGES = {"delete": 0.1}


class Transformer:
    """A transformer over texts, from a folder of weights (BERT and its family: what `transformers` loads).

    The folder holds `config.json`, `tokenizer.json` and `model.safetensors`; pickled weights are refused. A
    fitted model keeps configuration, tokenizer and weights itself, and needs the folder no more.

    In training two readings of a text differ by dropout (Gao, Yao and Chen 2021, SimCSE), and with
    `nearer.signal.Views` by tokens that are left out.

    Parameters
    ----------
    folder : of the model; or the name of one that a package ships ("all-MiniLM-L6-v2"), or of one in the
        Hugging Face cache ("org/name").
    train : "all" weights, those of the "last N" layers, or a "head" alone: a linear map that starts as none.
    pooling : "mean" of the last layer's tokens, or its first one, "cls".
    max_length : tokens of a text that are read; the rest is cut off.
    dropout : share of the units that are left out at random in training.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        train: str = "all",
        pooling: Literal["mean", "cls"] = "mean",
        max_length: int = 128,
        dropout: float = 0.1,
    ) -> None:
        self.folder = os.fspath(folder)
        self.train = train
        self.pooling = pooling
        self.max_length = whole("max_length", max_length, 2, 32_768)
        self.dropout = fraction("dropout", dropout, 0.0, 0.9)
        trained_layers(train)
        if pooling not in ("mean", "cls"):
            raise ParameterError(f"pooling={shown(pooling)} is neither 'mean' nor 'cls'")

    def __repr__(self) -> str:
        return f"Transformer({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads texts."""
        return "text"

    @property
    def changes(self) -> Mapping[str, float]:
        """`delete` is the share of a text's tokens that are left out; dropout comes on top, in every view."""
        return dict(CHANGES)

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset(CHANGES)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "folder": self.folder,
            "train": self.train,
            "pooling": self.pooling,
            "max_length": self.max_length,
            "dropout": self.dropout,
        }

    def plan(self, items: Sequence[str]) -> Plan:
        """Configuration and tokenizer of the folder.

        Raises `ModelNotFound` where there is none, `InputError` for one without these files, with
        damaged ones or with pickled weights.
        """
        folder = model_folder(self.folder)
        config = read_object(folder / CONFIG)
        if not isinstance(config.get("model_type"), str):
            raise InputError("it names no model_type", file=folder / CONFIG)
        longest = config.get("max_position_embeddings")
        if isinstance(longest, int) and self.max_length > longest:
            raise ParameterError(
                f"max_length={self.max_length} is above the {longest} places of {self.folder}"
            )
        return {"config": config, "tokenizer": read_tokenizer(folder / TOKENIZER).to_str()}

    def prepare(self, items: Sequence[str], plan: Plan) -> Prepared:
        """Texts as tokens; raises `InputError` naming the first item that is no text."""
        for row, item in enumerate(items):
            if not isinstance(item, str) or any("\ud800" <= char <= "\udfff" for char in item):
                raise InputError(
                    f"{shown(item)} is no text",
                    row=f"item {row}",
                    remedy="pass strings without lone surrogates",
                )
        from tokenizers import Tokenizer  # noqa: PLC0415  (heavy: paid for where it is needed)

        tokenizer = Tokenizer.from_str(plan["tokenizer"])
        tokenizer.enable_truncation(self.max_length)
        tokenizer.no_padding()
        found = tokenizer.encode_batch(list(items))
        padding = plan["config"].get("pad_token_id") or 0
        return Tokens(
            [np.array(text.ids, np.int64) for text in found],
            [np.array(text.special_tokens_mask, bool) for text in found],
            int(padding),
        )

    def width(self, plan: Plan) -> int:
        """Units of the transformer's layers."""
        config = plan["config"]
        return int(config.get("hidden_size") or config.get("dim") or config["d_model"])

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """The transformer with the folder's weights, or with random ones that are to be replaced.

        Raises `MissingExtra` without torch or transformers, `IntegrityError` for weights that do not fit.
        """
        require("torch", "torch", "training a transformer")
        require("transformers", "torch", "training a transformer")
        from nearer.networks.text_layers import TextModule, transformer  # noqa: PLC0415  (paid where needed)

        config = {**plan["config"], **dict.fromkeys(dropouts(plan["config"]), self.dropout)}
        model = transformer(config, model_folder(self.folder) if pretrained else None, seed)
        return TextModule(model, self.width(plan), self.pooling, trained_layers(self.train))


class Tokens:
    """Texts as ids of tokens, of different lengths; `special` ones stand for no part of the text."""

    def __init__(
        self, ids: Sequence[NDArray[np.int64]], special: Sequence[NDArray[np.bool_]], padding: int
    ) -> None:
        self.ids, self.special, self.padding = ids, special, padding

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids padded to the longest of these texts, int64 (b, tokens), and 1 where one is, (b, tokens)."""
        return self._padded([self.ids[row] for row in rows.tolist()])

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The same, without some of the tokens; one token of the text stays at least."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        share, found = min(changes.get("delete", 0.0), 1.0), []
        for row in rows.tolist():
            ids, kept = self.ids[row], self.special[row].copy()
            own = np.flatnonzero(~kept)
            drawn = torch.rand(len(own), generator=random).numpy()
            kept[own[drawn >= share]] = True
            if len(own):
                kept[own[drawn.argmax()]] = True
            found.append(ids[kept])
        return self._padded(found)

    def _padded(self, texts: Sequence[NDArray[np.int64]]) -> tuple[torch.Tensor, torch.Tensor]:
        import torch  # noqa: PLC0415

        longest = max((len(ids) for ids in texts), default=0) or 1
        found = np.full((len(texts), longest), self.padding, np.int64)
        there = np.zeros((len(texts), longest), np.int64)
        for row, ids in enumerate(texts):
            found[row, : len(ids)], there[row, : len(ids)] = ids, 1
        return torch.from_numpy(found), torch.from_numpy(there)


def trained_layers(train: object) -> int | None:
    """How many of the last layers are trained, None for all weights; raises `ParameterError`."""
    if train == "all":
        return None
    if train == "head":
        return 0
    number = train.removeprefix("last ") if isinstance(train, str) and train.startswith("last ") else ""
    if not (number.isascii() and number.isdigit() and int(number) > 0):
        raise ParameterError(f"train={shown(train)} is neither 'all' nor 'head' nor 'last N', as in 'last 2'")
    return int(number)


def dropouts(config: Mapping[str, Any]) -> list[str]:
    """The names under which a configuration holds its dropout."""
    names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")
    return [name for name in names if name in config]
