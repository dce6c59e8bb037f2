"""Rows of the field's tables: a linear probe reads more off the autoencoder than off FAMD."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nearer import FAMD, TableAutoencoder

ADULT = Path(os.environ.get("NEARER_DATA", "nowhere")) / "tables" / "adult.parquet"


@pytest.mark.slow
@pytest.mark.skipif(
    not ADULT.exists(), reason="NEARER_DATA does not name the folder with tables/adult.parquet"
)
def test_incomes_are_read_off_rows_of_adult() -> None:
    table = pq.read_table(ADULT)
    labels = np.array(table["income"].to_pylist())
    learned = np.array(table["split"].to_pylist()) == "train"

    def probed(model: Any) -> float:
        vectors = model.fit(table).space_.vectors
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        classifier.fit(vectors[learned], labels[learned])
        return float(classifier.score(vectors[~learned], labels[~learned]))

    ours = probed(TableAutoencoder(epochs=5, ignore=["income", "split"], threads=1))
    assert ours >= 0.845
    assert ours > probed(FAMD(ignore=["income", "split"], threads=1)) + 0.005
