"""The third part: who meets whom in Les Misérables (Knuth 1993), a graph that NetworkX ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.left_out import left_out

ASKED = ("Valjean", "Marius", "Enjolras", "Cosette")  # characters whose neighbours are shown
HIDDEN = 0.2  # share of the edges that a second model never sees and is then asked for
MISSING = 'networkx is not installed; pip install "nearer[networkx]"'


def characters(folder: Path, quiet: bool) -> dict[str, Any]:
    """Embed, judge and draw the graph; returns what was found, and the files in `folder`."""
    try:
        import networkx  # noqa: PLC0415  (an extra)
    except ImportError:
        return left_out(MISSING, quiet)
    graph = nearer.Graph.read(networkx.les_miserables_graph())
    space = fitted(graph)
    saved = folder / "characters.space"
    space.save(saved, overwrite=True)
    near = {name: space.neighbors(name, 5).keys for name in ASKED}
    links = judge(graph)
    if not quiet:
        write(f"Les Misérables: {len(graph)} characters, {graph.edges} pairs of them that meet\n")
        print_table(("character", "nearest"), [(name, ", ".join(keys)) for name, keys in near.items()])
        write(
            "\nA second model never saw a fifth of the meetings, and tells them from pairs that never meet:"
        )
        write(f"{links}")
    return {
        "nodes": len(graph),
        "edges": graph.edges,
        "neighbors": near,
        "links": links.to_dict(),
        "files": [saved, draw(space, folder)],
    }


def fitted(graph: nearer.Graph) -> nearer.Space:
    """Vectors of the characters; one thread gives the same figures every time."""
    model = nearer.Node2Vec(16, q=0.5, walks=40, length=20, window=5, epochs=3, seed=1, threads=1)
    return model.fit(graph).space_


def judge(graph: nearer.Graph) -> Any:
    """How well vectors that never saw some edges tell them from pairs that are no edge."""
    from nearer.evaluate import links  # noqa: PLC0415  (verbs start fast)

    split = graph.split(HIDDEN, seed=1)
    return links(fitted(split.train), split.test, split.non_edges)


def draw(space: nearer.Space, folder: Path) -> Path:
    """The characters as a picture."""
    from nearer.maps import Map  # noqa: PLC0415  (verbs start fast)

    chart = Map.of(space, title="Characters of Les Misérables", perplexity=10, threads=1)
    return chart.save(folder / "characters.png")
