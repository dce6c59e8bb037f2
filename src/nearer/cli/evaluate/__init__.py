"""`nearer evaluate`: how well a space or an encoder does; one file a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from nearer.cli.evaluate import encoders as several
from nearer.cli.evaluate import graphs, ranking, retrieval, sts, words
from nearer.cli.evaluate import labels as by_labels
from nearer.cli.evaluate.encoders import Timed
from nearer.cli.evaluate.judged import Judged
from nearer.cli.evaluate.sources import columns_of
from nearer.cli.options import AsJson, Seed
from nearer.cli.output import print_json, write

EXAMPLES = (
    "nearer evaluate words.space --similarity pairs.tsv --analogies questions.txt",
    "nearer evaluate glove-6b-50d --analogies questions.txt --restrict 30000 --json",
    "nearer evaluate words.space --task retrieval --queries queries.space --qrels qrels.txt",
    "nearer evaluate words.space --task probe --labels labels.tsv -k 5",
    "nearer evaluate topics.csv --task probe --columns label=topic --encoder a.model --encoder b.model",
    "nearer evaluate words.space --task cluster --labels labels.tsv --json",
    "nearer evaluate words.space --task sts --pairs pairs.tsv",
    "nearer evaluate nodes.space --task links --pairs test.parquet --non-edges non_edges.parquet",
    "nearer evaluate nodes.space --task nodes --labels groups.tsv --fractions 0.1,0.5,0.9 --shuffles 3",
    "nearer evaluate items.model --task ranking --test later.csv -k 3",
)
Task = Literal["words", "retrieval", "probe", "cluster", "sts", "links", "nodes", "ranking"]
NEEDED: Mapping[Task, tuple[str, ...]] = {
    "words": (),
    "retrieval": ("queries", "qrels"),
    "probe": ("labels",),
    "cluster": ("labels",),
    "sts": ("pairs",),
    "links": ("pairs", "non_edges"),
    "nodes": ("labels",),
    "ranking": ("test",),
}
ALSO_TAKEN: Mapping[Task, tuple[str, ...]] = {
    "words": ("similarity", "analogies", "restrict", "method"),
    "retrieval": ("encoder", "columns", "k", "gain", "unknown_ids"),
    "probe": ("encoder", "columns", "k", "folds"),
    "cluster": ("encoder", "columns"),
    "sts": ("encoder", "columns"),
    "links": ("operator", "learn_edges", "learn_non_edges"),
    "nodes": ("columns", "fractions", "shuffles"),
    "ranking": ("train", "k", "unknown_items"),
}


def evaluate(
    context: typer.Context,
    space: Annotated[
        str,
        typer.Argument(
            metavar="SPACE",
            help="A .space folder, a file of vectors, or a known model; for sts also an encoder; for ranking "
            "a saved recommender or its table; with --encoder the raw items, a table or a folder; for sts "
            "the rated pairs.",
        ),
    ],
    task: Annotated[Task, typer.Option(help="What is judged.")] = "words",
    similarity: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Words: rated pairs, word, word, rating; may be repeated."),
    ] = None,
    analogies: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Words: questions as in questions-words.txt; may be repeated."),
    ] = None,
    restrict: Annotated[
        int,
        typer.Option(metavar="N", help="Analogies: only the first N keys; more than there are is all."),
    ] = 30_000,
    method: Annotated[words.Method, typer.Option(help="Analogies: how cosines combine.")] = "3cosadd",
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Retrieval: a space of queries; with --encoder their texts."),
    ] = None,
    qrels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Retrieval: judgements, as TREC's query, 0, document, relevance."),
    ] = None,
    gain: Annotated[
        retrieval.Gain, typer.Option(help="Retrieval: of nDCG, the relevance or 2^relevance - 1.")
    ] = "linear",
    unknown_ids: Annotated[
        retrieval.Unknown, typer.Option(help="Retrieval: judgements of ids that are not there.")
    ] = "error",
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|COLUMN", help="Probe, cluster, nodes: keys and labels, or a payload column."
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", "--k", help="Retrieval, ranking: how many are judged. Probe: neighbours.")
    ] = 10,
    folds: Annotated[int, typer.Option(help="Probe: parts of the cross-validation.")] = 5,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Sts: rated pairs, text, text, score. Links: edges that were held out."
        ),
    ] = None,
    non_edges: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Links: pairs of nodes that are no edge.")
    ] = None,
    operator: Annotated[
        graphs.Operator,
        typer.Option(help="Links: nearness, or features of a pair that a logistic regression scores."),
    ] = "metric",
    learn_edges: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Links: other edges, which that regression learns.")
    ] = None,
    learn_non_edges: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Links: the pairs it learns them from.")
    ] = None,
    fractions: Annotated[
        str, typer.Option(metavar="A,B,C", help="Nodes: shares of the nodes to learn from.")
    ] = graphs.FRACTIONS,
    shuffles: Annotated[int, typer.Option(help="Nodes: random splits a share.")] = 10,
    test: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ranking: what users chose later, user and item.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ranking: what was learned from, for popularity.")
    ] = None,
    unknown_items: Annotated[
        ranking.UnknownItems, typer.Option(help="Ranking: items of --test never seen in training.")
    ] = "error",
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Names of the columns of --qrels, --labels or --pairs; of raw items item=A,key=B,label=C.",
        ),
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENCODER",
            help="Encodes SPACE and --queries, which are raw items; repeated: all in one table.",
        ),
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Judge a space on words, retrieval, labels (probe, cluster), a graph (links, nodes), an encoder on sts,
    a recommender on ranking; encoders of any items on sts, retrieval and labels, side by side.

    Every figure comes with its 95 % bootstrap interval. Items with a key that the space does not hold are
    left out; the coverage says how many are left.
    """
    names, roles = columns_of(columns)
    _require_fitting(context, task, bool(encoder), roles, Path(space).is_dir())
    if task == "words" and not similarity and not analogies:
        raise typer.BadParameter("give a test: --similarity FILE or --analogies FILE, or a --task")
    asked, judgements, rated, absent = (file or Path() for file in (queries, qrels, pairs, non_edges))
    judges: Mapping[Task, Callable[[Timed | None], Judged]] = {
        "words": lambda _: words.judged(space, similarity or [], analogies or [], restrict, method, seed),
        "retrieval": lambda by: retrieval.judged(
            space, by, asked, judgements, names, k, gain, unknown_ids, seed
        ),
        "probe": lambda by: by_labels.probed(space, by, labels, names, roles, k, folds, seed),
        "cluster": lambda by: by_labels.clustered(space, by, labels, names, roles, seed),
        "sts": lambda by: (
            sts.judged(space, rated, names, seed)
            if by is None
            else sts.compared(by, Path(space), names, seed)
        ),
        "links": lambda _: graphs.links(space, rated, absent, operator, learn_edges, learn_non_edges, seed),
        "ranking": lambda _: ranking.judged(space, test or Path(), train, k, unknown_items, seed),
        "nodes": lambda _: graphs.nodes(space, labels or "", names, fractions, shuffles, seed),
    }
    asking = several.opened(encoder or [])
    if len(asking) > 1:
        _compare([(by, judges[task](by)) for by in asking], space, task, as_json)
        return
    found = judges[task](asking[0] if asking else None)
    if as_json and found.error is None:
        told = asking[0].told() if asking else {}
        print_json({"space": space, "identity": found.identity, "task": task, **told, **found.document})
        return
    for heading, result in () if as_json else found.results:
        write(f"{heading}\n{result}\n")
    if found.error is not None:
        raise found.error


def _compare(found: list[tuple[Timed, Judged]], source: str, task: Task, as_json: bool) -> None:
    """Print what several encoders reached."""
    if as_json:
        told = [{**encoder.told(), **judged.document} for encoder, judged in found]
        print_json({"source": source, "task": task, "encoders": told})
    else:
        several.print_compared(found)


def _require_fitting(context: Any, task: Task, encoded: bool, roles: Mapping[str, str], folder: bool) -> None:
    """Raise `BadParameter` for an option of another task, or one that this task needs and is not given."""
    given = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}
    if roles and not (encoded and task in ("probe", "cluster")):
        raise typer.BadParameter(
            "--columns with item=, key= or label= goes with --encoder and --task probe or cluster"
        )
    if encoded and task == "sts" and "pairs" in given:
        raise typer.BadParameter(
            "with --encoder the file of pairs comes in the place of SPACE, without --pairs"
        )
    there = {"labels"} if encoded and ("label" in roles or folder) else set()
    there |= {"pairs"} if encoded else set()
    missing = [name for name in NEEDED[task] if name not in given | there]
    if missing:
        raise typer.BadParameter(f"--task {task} needs {' and '.join(map(_option, missing))}")
    for name in sorted(given):
        tasks = [other for other in NEEDED if name in (*NEEDED[other], *ALSO_TAKEN[other])]
        if tasks and task not in tasks:
            named = " or ".join(filter(None, (", ".join(tasks[:-1]), tasks[-1])))
            raise typer.BadParameter(f"{_option(name)} goes with --task {named}, not with {task}")
    for name in ("method", "restrict"):
        if name in given and "analogies" not in given:
            raise typer.BadParameter(f"--{name} goes with --analogies")


def _option(name: str) -> str:
    """How an option is written on the command line."""
    return f"-{name}" if name == "k" else f"--{name.replace('_', '-')}"
