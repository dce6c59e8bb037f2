"""`nearer fit phrases`: words that belong together, from running text."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

import nearer
from nearer.cli.destination import require_file_destination
from nearer.cli.fit import options as word
from nearer.cli.fit.training import parameters, text_places
from nearer.cli.options import AsJson, Overwrite, Threads
from nearer.cli.output import print_facts, print_json, print_next, print_table, write

EXAMPLES = (
    "nearer fit phrases corpus.txt -o phrases.tsv",
    "nearer fit phrases corpus.txt -o long.tsv --score npmi --threshold 0.4 --passes 2 --english",
)
SHOWN = 10  # phrases that are printed
scoring = partial(typer.Option, rich_help_panel="Scoring")

Out = Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Where to save the table, as text.")]
Score = Annotated[Literal["mikolov", "npmi"], scoring(help="How strongly two words stand together.")]
Threshold = Annotated[
    float | None,
    scoring(help="Pairs that score above it are phrases.", show_default="10 for mikolov, 0.5 for npmi"),
]
MinCount = Annotated[int, scoring(help="Pairs seen less often are no phrases.")]
Passes = Annotated[int, scoring(help="Each joins the phrases of the one before, so that phrases grow.")]
Delimiter = Annotated[str, scoring(help="Joins the words of a phrase; in no word of the text.")]
English = Annotated[
    bool, scoring("--english", help="Let of, the, and ... stand inside phrases, but not at their ends.")
]
Exclude = Annotated[
    list[str] | None,
    scoring(metavar="WORD", help="Another such word; may be given several times.", show_default="none"),
]
MaxVocabulary = Annotated[
    int | None,
    word.reading(help="Only this many words, the most frequent, in phrases.", show_default="all"),
]


def phrases(
    corpus: word.Corpus,
    out: Out,
    score: Score = "mikolov",
    threshold: Threshold = None,
    min_count: MinCount = 5,
    passes: Passes = 1,
    delimiter: Delimiter = "_",
    english: English = False,
    exclude: Exclude = None,
    max_vocabulary: MaxVocabulary = None,
    tokenizer: word.Tokenizer = "words",
    errors: word.Errors = "strict",
    memory: word.Memory = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find phrases (new_york) and save them as a table; `fit words --phrases-from` joins them."""
    given = parameters(nearer.Phrases, locals())
    within = nearer.Phrases(exclude="english").connectors() if english else ()
    model = nearer.Phrases(**{**given, "exclude": sorted({*within, *(exclude or ())})})
    model.check_parameters()
    require_file_destination(out, overwrite)
    model.fit(text_places(corpus))
    model.save(out, overwrite=overwrite)
    _report(model, out, as_json)


def _report(model: nearer.Phrases, out: Path, as_json: bool) -> None:
    report, first = model.report_, model.phrases_[:SHOWN]
    if as_json:
        best = [phrase._asdict() for phrase in first]
        print_json({"phrases_file": str(out), **vars(report), "first": best})
        return
    if first:
        rows = [(phrase.phrase, phrase.count, phrase.score) for phrase in first]
        print_table(("phrase", "count", "score"), rows, numbers=("count", "score"))
        write()
    print_facts(
        (
            ("words", f"{report.tokens_read:,}, {report.distinct:,} of them different"),
            ("reading", f"{report.count_seconds:.2f} s"),
            ("learning", f"{report.learn_seconds:.2f} s, {report.items_per_second:,.0f} words/s in all"),
            ("phrases", report.phrases),
            ("saved", str(out)),
        )
    )
    print_next(f"nearer fit words CORPUS -o words.space --phrases-from {out}")
