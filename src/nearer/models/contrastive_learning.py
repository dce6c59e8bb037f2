"""Between a contrastive model and its state: the learner, what it is judged by, and what is learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.encoders.torch_settings import torch_threads
from nearer.errors import ParameterError
from nearer.models.contrastive_encoding import TowerEncoder
from nearer.models.contrastive_judging import MOST_RANKED, both_ways, effective_rank, mean_cosine, mean_of
from nearer.models.contrastive_parts import Side
from nearer.models.contrastive_training import BEST, SCORES, STALE, ContrastTraining
from nearer.models.parameters import as_float
from nearer.models.state import TrainingState
from nearer.networks import Plan
from nearer.signal import Masked, Views
from nearer.signal.positives import LEAST_ANCHORS
from nearer.space import Space
from nearer.space.identity import parts_identity

if TYPE_CHECKING:
    from nearer.networks.learner import Learner

JOINT_DIM = 128  # of two kinds of items whose networks differ in width
LEFT, RIGHT = "left", "right"
VECTORS = "vectors."
VIEW_PROJECTOR, VICREG_PROJECTOR = (512, 128), (1_024, 1_024)
RIGHT_SEED = 1 << 40  # added to the seed for the right tower


@dataclass(frozen=True)
class Layout:
    """What stands above the networks.

    dim : of the vectors; unit : whether they have length 1; project : units of the projector, or None.
    """

    dim: int
    unit: bool
    project: tuple[int, int] | None


def layout(model: Any, sides: Sequence[Side], plans: Sequence[Plan]) -> Layout:
    """What the parameters of a `Contrastive` ask for above the networks of its sides."""
    widths = [side.network.width(plan) for side, plan in zip(sides, plans, strict=True)]
    given = model.get_params(deep=False)["dim"]
    dim = int(given or (widths[0] if len(set(widths)) == 1 else JOINT_DIM))
    signal = model.signal or Views()
    project: tuple[int, int] | None = None
    if model.projector != "auto":
        units = int(model.projector)
        project = (units, units) if units else None
    elif len(sides) == 1 and model.matryoshka is None:
        if model.objective == "vicreg":
            project = VICREG_PROJECTOR
        elif isinstance(signal, Views):
            project = VIEW_PROJECTOR
    if isinstance(signal, Masked):
        return Layout(dim, unit=False, project=None)
    return Layout(dim, unit=project is None and model.objective != "vicreg", project=project)


def prefixes_of(model: Any, dim: int) -> tuple[int, ...]:
    """The dimensions whose losses are summed, rising; raises `ParameterError` for one above `dim`."""
    wanted = [] if model.matryoshka is None else list(model.matryoshka)
    for width in wanted:
        if isinstance(width, bool) or not isinstance(width, int | np.integer) or not 1 <= width <= dim:
            raise ParameterError(
                f"matryoshka={wanted!r}: {width!r} is no whole number from 1 to the vectors' {dim} dimensions"
            )
    return tuple(sorted({*map(int, wanted), dim}))


def new_learner(model: Any, sides: Sequence[Side], plans: Sequence[Plan], *, pretrained: bool) -> Learner:
    """Towers with their first weights (`pretrained`: from files), and what makes them learn."""
    from nearer.networks.learner import Learner, Objective  # noqa: PLC0415  (torch: paid for where needed)
    from nearer.networks.tower import Tower  # noqa: PLC0415

    found = layout(model, sides, plans)
    towers = {}
    for place, (name, side, plan) in enumerate(zip((LEFT, RIGHT), sides, plans, strict=False)):
        seed = int(model.seed) + place * RIGHT_SEED
        network = side.network
        body = network.build(plan, seed, pretrained=pretrained)
        if isinstance(model.signal, Masked) and not hasattr(body, "masked_loss"):
            raise ParameterError(
                f"{type(network).__name__} has no loss of its own, and Masked needs one",
                remedy="choose Views",
            )
        towers[name] = Tower(
            body, network.width(plan), found.dim, unit=found.unit, project=found.project, seed=seed
        )
    whole = found.dim if found.project is None else found.project[1]
    objective = Objective(
        name=model.objective,
        temperature=as_float(model.temperature),
        learn_temperature=bool(model.learn_temperature),
        margin=as_float(model.margin),
        prefixes=prefixes_of(model, whole),
    )
    return Learner(towers, objective, as_float(model.learning_rate), as_float(model.weight_decay))


@dataclass(frozen=True, eq=False)
class Judged:
    """What the kept weights make of the items, and how good that is.

    report : values of the model's report; vectors, keys : of the training items, by side.
    """

    report: dict[str, Any]
    vectors: dict[str, NDArray[Any]]
    keys: dict[str, list[str]]
    dim: int


def judge(training: ContrastTraining, state: TrainingState, threads: int) -> Judged:
    """Retrieval of what is held out, how alike vectors are, and the vectors of all items."""
    material = training.material
    report: dict[str, Any] = {}
    with torch_threads(threads), _best_weights(training, state):
        learner = training.learner
        learner.train(False)
        training.settle(state.arrays)
        sides = {LEFT: np.arange(len(material.left.keys))}
        if not material.one_kind:
            sides[RIGHT] = np.arange(len(material.right.keys))
        vectors = {
            VECTORS + name: training.vectors(place, rows) for place, (name, rows) in enumerate(sides.items())
        }
        if material.held is not None and not training.masked:
            held = training.held_vectors()
            relevant, left_out = material.held.relevant, material.held.left_out
            there, back = both_ways(*held, relevant, left_out)
            report |= {"left_to_right": there, "right_to_left": back, "unseen": material.held.unseen}
            prefixes = learner.objective.prefixes if learner.left.projector is None else ()
            report["nested"] = {
                width: mean_of(both_ways(held[0][:, :width], held[1][:, :width], relevant, left_out), "MAP")
                for width in prefixes[:-1]
            }
    samples = [_sample(array) for array in vectors.values()]
    many = [sample for sample in samples if len(sample) >= LEAST_ANCHORS] or samples
    report["mean_cosine"] = max(map(mean_cosine, many))  # a few items, such as labels, use few directions
    report["effective_rank"] = min(map(effective_rank, many))
    keys = {LEFT: material.left.keys, RIGHT: [] if material.one_kind else material.right.keys}
    return Judged(report, vectors, keys, int(next(iter(vectors.values())).shape[1]))


def _sample(vectors: NDArray[Any]) -> NDArray[Any]:
    """Vectors from all over an array, as many as are judged."""
    return vectors[:: -(-len(vectors) // MOST_RANKED)]


@contextmanager
def _best_weights(training: ContrastTraining, state: TrainingState) -> Iterator[None]:
    """The learner with the weights that are kept; afterwards with those it had."""
    best = [name for name in state.arrays if name.startswith(BEST)]
    now = {name: state.arrays[name.removeprefix(BEST)].copy() for name in best}
    for name in best:
        state.arrays[name.removeprefix(BEST)][...] = state.arrays[name]
    try:
        yield
    finally:
        for name in best:
            state.arrays[name.removeprefix(BEST)][...] = now[name]


def best_epoch(state: TrainingState, epochs: float) -> int:
    """The pass whose weights are kept, from 1; the last one where nothing is held out."""
    scores = state.arrays[SCORES]
    return int(np.argmax(scores)) + 1 if len(scores) else round(epochs)


def trained_pairs(training: ContrastTraining, state: TrainingState) -> float:
    """Pairs trained in this round of epochs."""
    units = state.next_unit
    if training.patience is not None and int(state.arrays[STALE][0]) >= training.patience:
        units = min(units, len(state.arrays[SCORES]) * training.units_an_epoch)
    return units / training.units_an_epoch * training.items_an_epoch


@dataclass(frozen=True, eq=False)
class Learned:
    """What a fit gives.

    left, right : encoders, the same one where there is one kind of items; left_space, space : their items.
    """

    left: TowerEncoder
    right: TowerEncoder
    left_space: Space
    space: Space


def learned(
    model: Any, state: TrainingState, sides: Sequence[Side], plans: Sequence[Plan], provenance: dict[str, Any]
) -> Learned:
    """Encoders and spaces of the weights that are kept, in copies that further training leaves alone."""
    found = layout(model, sides, plans)
    kept = {
        name: state.arrays.get(BEST + name, state.arrays[name]).copy()
        for name in state.arrays
        if name.startswith((f"{LEFT}.", f"{RIGHT}.")) and ".projector." not in name
    }
    described = {
        "sides": [side.deciding() for side in sides],
        "plans": list(plans),
        "dim": found.dim,
        "unit": found.unit,
    }
    identity = parts_identity("contrastive", described, [], kept)
    encoders = [
        TowerEncoder(
            side,
            plan,
            {
                key.removeprefix(f"{name}."): array
                for key, array in kept.items()
                if key.startswith(f"{name}.")
            },
            dim=found.dim,
            unit=found.unit,
            identity=identity,
            method="encode" if len(sides) == 1 else method,
            threads=model.threads,
        )
        for name, method, side, plan in zip(
            (LEFT, RIGHT), ("encode_query", "encode_document"), sides, plans, strict=False
        )
    ]
    spaces = [
        Space(state.names[name], state.arrays[VECTORS + name], identity=identity, provenance=provenance)
        for name in (LEFT, RIGHT)
        if VECTORS + name in state.arrays
    ]
    return Learned(encoders[0], encoders[-1], spaces[0], spaces[-1])
