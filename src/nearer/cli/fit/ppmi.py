"""`nearer fit ppmi`: word vectors by counting and factorising, from running text."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_space_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import Facts, next_steps, parameters, save_space, saved_fact, text_places
from nearer.cli.options import AsJson, Overwrite, Seed, Threads
from nearer.cli.output import print_facts, print_json, print_next

EXAMPLES = (
    "nearer fit ppmi corpus.txt -o ppmi.space",
    "nearer fit ppmi corpus.txt -o small.vec --dim 50 --window 10 --shift 2",
)
factorising = partial(typer.Option, rich_help_panel="Counting and factorising")

Window = Annotated[int, factorising(help="Largest distance between a word and its context, in words.")]
Weighting = Annotated[
    Literal["harmonic", "flat"], factorising(help="A context at distance d counts 1/d, or 1.")
]
Symmetric = Annotated[
    bool,
    factorising("--symmetric/--left-only", help="Contexts on both sides, or on the left of a word only."),
]
Shift = Annotated[float, factorising(help="log(shift) is subtracted, as if so many negatives were drawn.")]
Smoothing = Annotated[float, factorising(help="Contexts count as their frequency to this power.")]
Eigenvalues = Annotated[float, factorising(help="Vectors are U S^p for this p.")]
Subsample = Annotated[
    float, factorising(help="Pairs of words above this share of the text count less; 0: none.")
]
Solver = Annotated[Literal["randomized", "lanczos"], factorising(help="Fast, or to machine precision.")]
Memory = Annotated[str | None, word.room("word ids, and again for counting")]


def ppmi(
    corpus: word.Corpus,
    out: word.Out,
    dim: word.Dim = 100,
    window: Window = 5,
    weighting: Weighting = "harmonic",
    symmetric: Symmetric = True,
    shift: Shift = 1.0,
    context_smoothing: Smoothing = 0.75,
    eigenvalue_weighting: Eigenvalues = 0.5,
    subsample: Subsample = 0.0,
    min_count: word.MinCount = 5,
    max_vocabulary: word.MaxVocabulary = None,
    solver: Solver = "randomized",
    phrases: word.Phrases = False,
    phrases_from: word.PhrasesFrom = None,
    tokenizer: word.Tokenizer = "words",
    errors: word.Errors = "strict",
    memory: Memory = None,
    threads: Threads = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Count which words stand together more often than by chance (PPMI), factorise, and save the vectors.

    A strong baseline on small corpora. One thread gives the same bits on every run.
    """
    given = parameters(nearer.PPMI, locals())
    model = nearer.PPMI(**{**given, "phrases": word.phrases_to_join(phrases, phrases_from)})
    model.check_parameters()
    require_space_destination(out, overwrite)
    model.fit(text_places(corpus))
    space = model.space_
    save_space(space, out, overwrite)
    if as_json:
        print_json({"space": str(out), "identity": space.identity, "dim": space.dim, **vars(model.report_)})
        return
    print_facts((*_facts(model), saved_fact(space, out)))
    print_next(*next_steps(space, out))


def _facts(model: nearer.PPMI) -> Facts:
    report = model.report_
    return [
        ("vocabulary", f"{report.vocabulary:,} of {report.distinct:,} different words"),
        ("tokens", f"{report.tokens:,} of {report.tokens_read:,}"),
        ("counting", f"{report.count_seconds:.2f} s, {report.pairs:,} pairs of words"),
        ("factorising", f"{report.train_seconds:.2f} s, {report.positive:,} pairs that attract each other"),
        ("variance kept", f"{report.explained_variance:.1%}"),
    ]
