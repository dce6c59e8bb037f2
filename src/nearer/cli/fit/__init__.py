"""`nearer fit`: train vectors on data; one file a kind of model."""

from __future__ import annotations

import typer

from nearer.cli.examples import shown
from nearer.cli.fit import (
    audio,
    docs,
    glove,
    graph,
    images,
    items,
    pairs,
    phrases,
    ppmi,
    subwords,
    table,
    words,
)

__all__ = ["fit_app"]

fit_app = typer.Typer(help="Train vectors on your data.")
fit_app.command("audio", epilog=shown(audio.EXAMPLES))(audio.audio)
fit_app.command("docs", epilog=shown(docs.EXAMPLES))(docs.docs)
fit_app.command("glove", epilog=shown(glove.EXAMPLES))(glove.glove)
fit_app.command("graph", epilog=shown(graph.EXAMPLES))(graph.graph)
fit_app.command("images", epilog=shown(images.EXAMPLES))(images.images)
fit_app.command("items", epilog=shown(items.EXAMPLES))(items.items)
fit_app.command("pairs", epilog=shown(pairs.EXAMPLES))(pairs.pairs)
fit_app.command("words", epilog=shown(words.EXAMPLES))(words.words)
fit_app.command("subwords", epilog=shown(subwords.EXAMPLES))(subwords.subwords)
fit_app.command("table", epilog=shown(table.EXAMPLES))(table.table)
fit_app.command("phrases", epilog=shown(phrases.EXAMPLES))(phrases.phrases)
fit_app.command("ppmi", epilog=shown(ppmi.EXAMPLES))(ppmi.ppmi)
