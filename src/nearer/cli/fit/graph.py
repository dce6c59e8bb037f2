"""`nearer fit graph`: vectors of the nodes of a graph; one method a line of METHODS."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import nearer
from nearer.cli.destination import require_apart, require_model_destination, require_space_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import (
    Facts,
    WholeModel,
    parameters,
    save_space,
    saved_fact,
    train,
    training_facts,
)
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.cli.output import print_facts, print_json, print_next

EXAMPLES = (
    "nearer fit graph edges.csv -o walked.space --q 0.5",
    "nearer fit graph edges.csv -o deepwalk.space --method deepwalk --walks 20 --threads 1",
    "nearer fit graph edges.csv -o prone.space --method prone --dim 8",
)
Method = Literal["node2vec", "deepwalk", "prone", "graphsage"]
METHODS: Mapping[Method, Callable[[], Any]] = {
    "node2vec": lambda: nearer.Node2Vec,
    "deepwalk": lambda: nearer.DeepWalk,
    "prone": lambda: nearer.ProNE,
    "graphsage": lambda: nearer.GraphSAGE,
}

Edges = Annotated[
    Path,
    typer.Argument(
        metavar="EDGES",
        help="A table of edges (.parquet .csv .tsv), or text with columns between blanks (.txt).",
    ),
]


def graph(
    context: typer.Context,
    edges: Edges,
    out: word.Out,
    method: Annotated[Method, word.training(help="How vectors are made.")] = "node2vec",
    directed: Annotated[bool, word.reading("--directed", help="Edges lead one way only.")] = False,
    source: Annotated[str | None, word.reading(metavar="COL", help="Column of sources.")] = None,
    target: Annotated[str | None, word.reading(metavar="COL", help="Column of targets.")] = None,
    weight: Annotated[str | None, word.reading(metavar="COL", help="Column of weights.")] = None,
    unweighted: Annotated[bool, word.reading("--unweighted", help="Every edge weighs 1.")] = False,
    nodes: Annotated[
        Path | None, word.reading(metavar="FILE", help="A table of all nodes; edges may name no others.")
    ] = None,
    node_key: Annotated[str | None, word.reading(metavar="COL", help="Its column of keys.")] = None,
    node_type: Annotated[str | None, word.reading(metavar="COL", help="Its column of types.")] = None,
    self_loops: Annotated[
        Literal["drop", "keep", "error"], word.reading(help="Edges from a node to itself.")
    ] = "drop",
    dim: word.Dim = 128,
    p: Annotated[float, word.training("--p", help="node2vec: the way back weighs 1 / p.")] = 1.0,
    q: Annotated[float, word.training("--q", help="node2vec: the way out weighs 1 / q.")] = 1.0,
    extended: Annotated[bool, word.training("--extended", help="node2vec+, by weights.")] = False,
    walks: Annotated[
        int, word.training(help="Walks that start at each node.", show_default="10, deepwalk 80")
    ] = 10,
    length: Annotated[int, word.training(help="Nodes of a walk.", show_default="80, deepwalk 40")] = 80,
    metapath: Annotated[
        str | None, word.training(metavar="A,B,C", help="Node types that walks follow, a cycle.")
    ] = None,
    objective: word.Objective = "negative",
    window: Annotated[int, word.training(help="Largest distance on a walk.")] = 10,
    negative: Annotated[
        int, word.training(help="Negative samples.", show_default="7, graphsage 256 a mini-batch")
    ] = 5,
    noise_exponent: word.NoiseExponent = 0.75,
    subsample: Annotated[float, word.training(help="Nodes visited above this share are thinned out.")] = 0.0,
    epochs: Annotated[
        int, word.training(help="Passes over the walks, or nodes.", show_default="1, graphsage 30")
    ] = 1,
    learning_rate: Annotated[
        float, word.training(help="At the start.", show_default="0.03, graphsage 0.005")
    ] = 0.025,
    least_learning_rate: word.LeastLearningRate = 1e-4,
    shared: word.Shared = 3,
    features: Annotated[
        Path | None,
        word.reading(metavar="FILE", help="graphsage: node keys and features.", show_default="none"),
    ] = None,
    columns: Annotated[
        str | None,
        word.reading(metavar="A,B,C", help="graphsage: columns of features.", show_default="if clear"),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="graphsage: save the model too, for encode.", show_default="none"),
    ] = None,
    layers: Annotated[int, word.training(help="graphsage: steps away a node still counts.")] = 2,
    temperature: Annotated[float, word.training(help="graphsage: cosines are divided by it.")] = 0.1,
    batch_size: Annotated[int, word.training(help="graphsage: nodes a mini-batch.")] = 512,
    order: Annotated[int, word.training(help="prone: terms of the filter.")] = 10,
    mu: Annotated[float, word.training(help="prone: where the filter is largest.")] = 0.2,
    theta: Annotated[float, word.training(help="prone: how sharp the filter is.")] = 0.5,
    checkpoint: word.Checkpoint = None,
    checkpoint_every: word.CheckpointEvery = 60.0,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train vectors of nodes (node2vec, DeepWalk, ProNE, GraphSAGE) and save them.

    Parallel edges become one, their weights added up; nodes without an edge have no vector. Ctrl-C saves what
    was learned so far. One thread gives the same bits on every run.
    """
    kind = METHODS[method]()
    given = parameters(kind, _said(context, kind, locals()))
    if metapath is not None:
        given["metapath"] = metapath.split(",")
    if columns is not None and "columns" in given:
        given["columns"] = columns.split(",")
    learner = kind(**given)
    learner.check_parameters()
    _require_features(method, features, model)
    require_space_destination(out, overwrite)
    if model is not None:
        require_apart(out=out, model=model, checkpoint=checkpoint)
        require_model_destination(model, overwrite)
    read = nearer.Graph.read(
        edges,
        directed=directed,
        source=source,
        target=target,
        weight=weight,
        weighted=False if unweighted else None,
        nodes=nodes,
        node_key=node_key,
        node_type=node_type,
        self_loops=self_loops,
    )
    if not hasattr(learner, "checkpoint"):
        _fit_at_once(learner, read, out, overwrite, as_json)
        return
    whole = None
    if model is not None:
        whole = WholeModel(
            model,
            partial(learner.save, model, overwrite=overwrite),
            lambda _: f"nearer map {out} {out.stem}.png",
        )
    train(
        learner,
        read,
        out,
        overwrite=overwrite,
        as_json=as_json,
        whole=whole,
        facts=_facts(read),
        steps=_steps,
        beside=() if features is None else (features,),
    )


def _require_features(method: str, features: Path | None, model: Path | None) -> None:
    """Raise `BadParameter` unless features go with the method that learns from them."""
    if method == "graphsage" and features is None:
        raise typer.BadParameter("--method graphsage needs --features FILE")
    for name, given in (("--features", features), ("--model", model)):
        if method != "graphsage" and given is not None:
            raise typer.BadParameter(f"{name} goes with --method graphsage, not with {method}")


def _said(context: Any, kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that were given, or that every method has; raises `BadParameter` for another method's."""
    names, said = kind.parameter_names(), {}
    for name, value in values.items():
        source = context.get_parameter_source(name) if name in context.params else None
        given = source is not None and source.name == "COMMANDLINE"
        if name in names and (given or name in ("dim", "threads", "seed")):
            said[name] = value
        elif given and name in _parameters_of_any() and name not in names:
            raise typer.BadParameter(
                f"--{name.replace('_', '-')} is nothing that --method {values['method']} has"
            )
    return said


def _parameters_of_any() -> set[str]:
    return {name for kind in METHODS.values() for name in kind().parameter_names()}


def _fit_at_once(model: Any, read: nearer.Graph, out: Path, overwrite: bool, as_json: bool) -> None:
    """For a model that is not trained in epochs."""
    model.fit(read)
    save_space(model.space_, out, overwrite)
    report = {name: getattr(model.report_, name) for name in vars(model.report_)}
    if as_json:
        print_json({"space": str(out), "identity": model.space_.identity, "dim": model.space_.dim, **report})
        return
    seconds = [
        (name.replace("_", " "), f"{value:.2f} s") for name, value in report.items() if "seconds" in name
    ]
    print_facts([*_graph_facts(read, model), *seconds, saved_fact(model.space_, out)])
    print_next(*_steps(model.space_, out))


def _facts(read: nearer.Graph) -> Callable[[Any], Facts]:
    def facts(model: Any) -> Facts:
        return [*_graph_facts(read, model), *training_facts(model)]

    return facts


def _graph_facts(read: nearer.Graph, model: Any) -> Facts:
    kind = "directed" if read.directed else "undirected"
    weighted = "unweighted" if read.weights is None else "weighted"
    told: Facts = [("graph", f"{len(read):,} nodes, {read.edges:,} edges, {kind}, {weighted}")]
    if read.merged or read.loops:
        told.append(("left out", f"{read.merged:,} parallel edges merged, {read.loops:,} self-loops dropped"))
    if model.isolated_:
        told.append(("isolated", f"{len(model.isolated_):,} nodes without an edge have no vector"))
    return told


def _steps(space: nearer.Space, out: Path) -> list[str]:
    return [f"nearer neighbors {out} {shlex.quote(space.keys[0])}", f"nearer map {out} {out.stem}.html"]
