"""A monitor's state on disk: the baseline, and one file that is replaced whole after every window.

`baseline/` is a saved baseline, `state.json` what the stream has shown so far (docs/format.md). Whoever is
killed at any instant leaves the state before a window or after it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nearer.errors import IntegrityError, ParameterError, SpaceMismatch, StorageError, shown
from nearer.monitor.baseline import Baseline
from nearer.monitor.baseline_file import digest, fill, with_learned
from nearer.monitor.position import Seen
from nearer.monitor.scores import Scores
from nearer.monitor.sealed import REMEDY, sealed, unsealed
from nearer.monitor.sequential import Evidence
from nearer.monitor.times import Times
from nearer.replace import new_file, new_folder

NAME, BASELINE = "state.json", "baseline"
FORMAT, VERSION = "nearer-monitor", 1


@dataclass(frozen=True)
class Standing:
    """Where a monitor stands.

    Attributes
    ----------
    windows : how many were checked.
    time : of the last row, where times were given.
    evidence : of the stream, in sequential mode.
    seen : the tables and streams whose rows were checked, the one it stands in last.
    """

    windows: int = 0
    time: Times | None = None
    evidence: Evidence | None = None
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True)
class State:
    """A folder that keeps the standing of one monitor.

    Attributes
    ----------
    folder : where.
    settings : of the monitor, plain values.
    baseline : which it is (`baseline_file.digest`).
    """

    folder: Path
    settings: dict[str, Any]
    baseline: str

    @classmethod
    def new(cls, folder: Path, settings: dict[str, Any], baseline: Baseline, standing: Standing) -> State:
        """Make the folder; raises `StorageError` where something else stands."""
        state = cls(folder, settings, digest(baseline))
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageError(
                "exists and is no state of a monitor", file=folder, remedy="choose another path"
            )
        with new_folder(folder, overwrite=True) as place:
            (place / BASELINE).mkdir()
            fill(baseline, place / BASELINE)
            (place / NAME).write_bytes(state._sealed(standing))
        return state

    @classmethod
    def read(cls, folder: Path, baseline: Baseline) -> tuple[State, Standing, Baseline]:
        """The state in `folder`, which is that of `baseline`, and `baseline` as it is kept there.

        Its clusters and axes are not learned anew: another machine would find other last bits.

        Raises `IntegrityError` where it was cut, edited or is of another version, `SpaceMismatch` where it
        belongs to another baseline.
        """
        fields = unsealed(folder / NAME, FORMAT, VERSION)
        found = digest(baseline)
        if fields.get("baseline") != found:
            raise SpaceMismatch(
                f"the state belongs to baseline {str(fields.get('baseline'))[:12]}, not {found[:12]}",
                file=folder,
                remedy="pass the baseline it was made with, or another folder for the new one",
            )
        stored = Baseline.load(folder / BASELINE)
        if digest(stored) != found:
            raise IntegrityError("belongs to another state", file=folder / BASELINE, remedy=REMEDY)
        kept = with_learned(baseline, stored.centroids, stored.principal)
        try:
            standing = _standing(fields, kept)
            return cls(folder, dict(fields["settings"]), found), standing, kept
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"breaks the format: {error}", file=folder / NAME, remedy=REMEDY) from None

    def require(self, settings: dict[str, Any]) -> None:
        """Raise `ParameterError` unless the state was made with these settings."""
        for name, value in settings.items():
            if self.settings.get(name) != value:
                raise ParameterError(
                    f"{name} is {shown(value)}, the state was made with {shown(self.settings.get(name))}",
                    file=self.folder,
                    remedy="go on with the same settings, or choose another folder",
                )

    def write(self, standing: Standing) -> None:
        """Replace the standing at one instant; it is on disk when this returns."""
        with new_file(self.folder / NAME, overwrite=True) as handle:
            handle.write(self._sealed(standing))

    def _sealed(self, standing: Standing) -> bytes:
        fields = {"settings": self.settings, "baseline": self.baseline, **_plain(standing)}
        return sealed(FORMAT, VERSION, fields)


def _plain(standing: Standing) -> dict[str, Any]:
    """A standing as JSON holds it: every float64 comes back as it was; null is minus infinity."""
    time, evidence = standing.time, standing.evidence
    told: dict[str, Any] = {
        "windows": standing.windows,
        "time": None if time is None else {"value": time.values[-1].item(), "dated": time.dated},
        "evidence": None,
        "seen": [asdict(one) for one in standing.seen],
    }
    if evidence is not None:
        capital = [
            [None if np.isneginf(value) else float(value) for value in row] for row in evidence.capital
        ]
        told["evidence"] = {
            "seed": evidence.seed,
            "counts": evidence.counts.tolist(),
            "capital": capital,
            "peak": evidence.peak.tolist(),
            "seen": evidence.seen,
            "windows": evidence.windows,
        }
    return told


def _standing(fields: dict[str, Any], baseline: Baseline) -> Standing:
    """What `_plain` told; raises `ValueError` where it does not fit the baseline."""
    time, kept = fields["time"], fields["evidence"]
    when = None if time is None else Times(np.array([time["value"]]), bool(time["dated"]))
    seen = tuple(Seen(int(one["rows"]), str(one["sha256"])) for one in fields["seen"])
    if kept is None:
        return Standing(int(fields["windows"]), when, None, seen)
    capital = [[-np.inf if value is None else value for value in row] for row in kept["capital"]]
    scores = Scores.of(baseline)
    evidence = Evidence(
        scores,
        int(kept["seed"]),
        np.array(kept["counts"], np.int64),
        np.array(capital, np.float64),
        np.array(kept["peak"], np.float64),
        int(kept["seen"]),
        int(kept["windows"]),
    )
    if evidence.counts.shape != (len(scores.kinds), scores.width):
        raise ValueError(f"counts are of shape {evidence.counts.shape}")
    return Standing(int(fields["windows"]), when, evidence, seen)
