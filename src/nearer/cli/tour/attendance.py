"""The fourth part: who attended what (Davis, Gardner and Gardner 1941), a table that NetworkX ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nearer
from nearer.cli.output import write
from nearer.cli.tour.graph import MISSING
from nearer.cli.tour.left_out import left_out

ASKED = ["Evelyn Jefferson", "Nora Fayette", "Dorothy Murchison"]  # women who are recommended events
CHOSEN = ["E1", "E2", "E3"]  # events of somebody who is not in the table


def attendance(folder: Path, quiet: bool) -> dict[str, Any]:
    """Learn who attends what, recommend and explain; returns what was found, and the files in `folder`."""
    try:
        import networkx  # noqa: PLC0415  (an extra)
    except ImportError:
        return left_out(MISSING, quiet)
    graph = networkx.davis_southern_women_graph()
    women = set(graph.graph["top"])
    data = nearer.Interactions.read([(a, b) if a in women else (b, a) for a, b in graph.edges])
    model = fitted(data)
    known, new = model.recommend(ASKED, 2, why=2), model.recommend_for(CHOSEN, 2, why=2)
    judged = judge(data)
    saved, table = folder / "events.model", folder / "recommended.parquet"
    model.save(saved, overwrite=True)
    model.save_recommendations(table, k=3, overwrite=True)
    if not quiet:
        sizes = f"{len(data.users)} women, {len(data.items)} events, {len(data)} attendances"
        write(f"{sizes}; what else may suit them:\n")
        write(f"{known}\n\nSomebody new, who attended {', '.join(CHOSEN)}:\n{new}")
        write(f"\nA third of every woman's events was kept from a second model, and is asked for:\n{judged}")
    return {
        "users": len(data.users),
        "items": len(data.items),
        "recommended": known.to_arrow().to_pylist(),
        "new": new.to_arrow().to_pylist(),
        "ranking": judged.to_dict(),
        "files": [saved, table],
    }


def fitted(data: nearer.Interactions) -> nearer.ALS:
    """Factors of women and events; one thread gives the same figures every time."""
    return nearer.ALS(dim=4, seed=1, threads=1).fit(data)


def judge(data: nearer.Interactions) -> Any:
    """How well the events that were kept back are found again, over all events."""
    from nearer.evaluate import ranking  # noqa: PLC0415  (verbs start fast)

    split = data.split_random(0.34, seed=1)
    return ranking(fitted(split.train), split.test, k=3, unknown_items="miss")
