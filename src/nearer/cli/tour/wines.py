"""The sixth part: tables, what was measured of wines and of tumours (sets that scikit-learn ships)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nearer
from nearer.cli.output import print_table, write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIM = 4


def wines(folder: Path, quiet: bool) -> dict[str, Any]:
    """Embed the rows of two tables and judge them; returns what was found, and the files in `folder`."""
    found, rows = {}, []
    saved = folder / "wines.space"
    for name, (columns, kinds) in tables().items():
        for title, model in (("autoencoder", autoencoder()), ("linear, FAMD", nearer.FAMD(dim=DIM))):
            space = model.fit(columns).space_
            judged = nearer.evaluate.knn(space, kinds, k=5)
            found[f"{name}, {title}"] = judged.to_dict()
            rows.append((name, len(kinds), len(columns), title, judged.value, judged.majority))
            if (name, title) == ("wines", "autoencoder"):
                space.save(saved, overwrite=True)
    if not quiet:
        write("Is the kind of a row, which its vector never saw, that of the five nearest rows?\n")
        heads = ("table", "rows", "columns", f"{DIM} dimensions by", "accuracy", "most frequent kind")
        print_table(heads, rows, numbers=("rows", "columns", "accuracy", "most frequent kind"))
    return {"tables": found, "files": [saved]}


def autoencoder() -> nearer.TableAutoencoder:
    """Small; one thread gives the same figures every time."""
    return nearer.TableAutoencoder(dim=DIM, hidden=64, bins=8, epochs=40, batch_size=64, threads=1, seed=1)


def tables() -> dict[str, tuple[dict[str, NDArray[np.float64]], list[str]]]:
    """Columns by name, and the kind of each row, which is kept from the models."""
    from sklearn import datasets  # noqa: PLC0415  (verbs start fast)

    shipped = {"wines": datasets.load_wine(), "tumours": datasets.load_breast_cancer()}
    return {
        name: (
            dict(zip(map(str, data.feature_names), data.data.T, strict=True)),
            [str(data.target_names[kind]) for kind in data.target],
        )
        for name, data in shipped.items()
    }
