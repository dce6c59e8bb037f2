"""A folder of sentence-transformers, or of a plain transformer: what its files say of how a text is encoded.

modules.json                        the steps: Transformer, Pooling, Normalize; without it, mean pooling
1_Pooling/config.json               how the vectors of tokens become one
sentence_bert_config.json           how many tokens of a text are read
config_sentence_transformers.json   prompts: what is put before a text, by name
config.json, tokenizer.json, model.safetensors
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nearer.encoders.model_folder import WEIGHTS, Module, read_modules, read_object, refuse_pickles
from nearer.errors import FormatError, ParameterError, shown

POOLINGS = {  # the flag of older folders -> the name of newer ones, in the order in which they are joined
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
LENGTHS = ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
DOCUMENT_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True)
class SentenceFolder:
    """What a folder says: the transformer's settings, pooling, normalisation, tokens read, prompts.

    pooling : names of POOLINGS; what several give is joined.
    max_tokens : tokens of a text that are read, special ones among them, or None where nothing is said.
    beyond : the steps and settings that only their own library knows; empty for most models.
    """

    folder: Path
    transformer: Path
    config: Mapping[str, Any]
    pooling: tuple[str, ...]
    normalize: bool
    max_tokens: int | None
    lower: bool
    prompts: Mapping[str, str]
    default_prompt: str | None
    beyond: tuple[str, ...]

    def prompt(self, wanted: str | None, names: tuple[str, ...]) -> str:
        """The text put before texts: of the prompt that is `wanted`, else of the first of `names` there is.

        Raises `ParameterError` for a name that the model has no prompt of.
        """
        if wanted is None:
            return next((self.prompts[name] for name in names if name in self.prompts), "")
        if not isinstance(wanted, str):
            raise ParameterError(f"prompt={shown(wanted)} is no text")
        return self.prompts.get(wanted, wanted)


def is_sentence_folder(folder: Path) -> bool:
    """Whether a folder holds a model of sentence-transformers, or a transformer with its tokenizer."""
    if (folder / "modules.json").is_file():
        return True
    return (folder / "config.json").is_file() and any(
        (folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")
    )


def read_sentence_folder(folder: Path) -> SentenceFolder:
    """What the files of a folder say; raises `FormatError` for one that is no JSON or says what cannot be."""
    modules = read_modules(folder)
    _refuse_pickles(folder, modules)
    transformer = folder / modules[0].path if modules else folder
    kinds = [module.kind for module in modules] or ["Transformer", "Pooling"]
    beyond = [kind for kind in kinds if kind not in ("Transformer", "Pooling", "Normalize")]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        beyond = beyond or [" then ".join(kinds)]
    pooling_folder = folder / modules[1].path if len(modules) > 1 else None
    pooling: tuple[str, ...] = ("mean",)
    include_prompt = True
    if pooling_folder is not None and kinds[1] == "Pooling":
        pooling, include_prompt = _pooling(pooling_folder / "config.json")
    tokenizing = read_object(transformer / "tokenizer_config.json", {})
    if not include_prompt:
        beyond.append("pooling without the prompt")
    if tokenizing.get("truncation_side", "right") != "right" or tokenizing.get("padding_side") == "left":
        beyond.append("a tokenizer that cuts or pads on the left")
    settings = _first_object(transformer, [f"sentence_{name}_config.json" for name in LENGTHS])
    own = read_object(folder / "config_sentence_transformers.json", {})
    prompts = _prompts(folder / "config_sentence_transformers.json", own.get("prompts"))
    default = own.get("default_prompt_name")
    config = read_object(transformer / "config.json", {})
    return SentenceFolder(
        folder,
        transformer,
        config,
        pooling,
        "Normalize" in kinds,
        _max_tokens(settings, tokenizing, config),
        bool(settings.get("do_lower_case", False)),
        prompts,
        default if isinstance(default, str) else None,
        tuple(beyond),
    )


def _refuse_pickles(folder: Path, modules: list[Module]) -> None:
    """Raise `FormatError` for a pickle that a step would be read from: only a transformer knows an index."""
    others = {folder / module.path for module in modules if module.kind != "Transformer"}
    for place in others:
        if place.is_dir():
            refuse_pickles(place, (WEIGHTS,))
    for place in {folder, *(folder / module.path for module in modules)} - others:
        if place.is_dir():
            refuse_pickles(place)


def _prompts(path: Path, said: object) -> dict[str, str]:
    """Prompts by name, without empty ones; raises `FormatError` for what is no text by name."""
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(isinstance(text, str | None) for text in said.values()):
        raise FormatError(f"its prompts are {shown(said)}, expected a text by name", file=path)
    return {name: text for name, text in said.items() if text}


def _pooling(path: Path) -> tuple[tuple[str, ...], bool]:
    """Names of what is joined, and whether the prompt's tokens count."""
    config = read_object(path)
    named = config.get("pooling_mode")
    if named is None:
        named = [name for flag, name in POOLINGS.items() if config.get(flag)] or ["mean"]
    modes = tuple(named) if isinstance(named, list) else (named,)
    for mode in modes:
        if mode not in POOLINGS.values():
            raise FormatError(
                f"names the pooling {shown(mode)}",
                file=path,
                remedy=f"known are {', '.join(POOLINGS.values())}",
            )
    return modes, bool(config.get("include_prompt", True))


def _first_object(folder: Path, names: list[str]) -> dict[str, Any]:
    for name in names:
        if (folder / name).is_file():
            return read_object(folder / name)
    return {}


def _max_tokens(*said: Mapping[str, Any]) -> int | None:
    """The tokens read: as the settings say, else the tokenizer's, and no more than there are positions."""
    settings, tokenizing, config = said
    positions = config.get("max_position_embeddings")
    if config.get("model_type") in ("roberta", "xlm-roberta", "camembert") and isinstance(positions, int):
        padding = config.get("pad_token_id", 1)
        positions -= (padding if isinstance(padding, int) else 1) + 1  # the first rows stand for no position
    wanted = settings.get("max_seq_length") or tokenizing.get("model_max_length")
    known = [count for count in (wanted, positions) if isinstance(count, int) and 0 < count < 10**9]
    return min(known, default=None)
