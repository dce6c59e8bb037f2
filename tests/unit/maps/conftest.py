import numpy as np
import pytest

from nearer import Space


@pytest.fixture(scope="session")
def two_islands():
    """Sixty keys in two tight groups, thirty of each, far apart; and a payload."""
    rng = np.random.default_rng(3)
    centres = np.repeat(np.eye(2, 8) * 6, 30, axis=0)
    vectors = centres + rng.normal(0, 0.5, (60, 8))
    return Space([f"key {row}" for row in range(60)], vectors)
