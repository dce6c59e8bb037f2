"""The interpreter that has alibi-detect and Evidently, beside that of the other peers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FOLDER = ".venv-peers-drift"


class DriftPeer:
    """A worker that answers commands of benchmarks/drift_worker.py on the arrays of a folder."""

    def __init__(self, python: Path, folder: Path) -> None:
        worker = Path(__file__).with_name("drift_worker.py")
        quiet = {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [str(python), str(worker), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | quiet,
            text=True,
        )

    def ask(self, command: str) -> Any:
        """What the worker answers to `command`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(("[", "{")) or line[:1].isdigit():
                return json.loads(line)
        raise SystemExit("the peer ended: are alibi-detect and evidently installed beside that interpreter?")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def drift_python(peers_python: Path, name: str) -> Path | None:
    """The interpreter of the drift peers beside `peers_python`, or None, said by the benchmark's name."""
    python = peers_python.absolute().parents[2] / FOLDER / "bin" / "python"
    if python.exists():
        return python
    print(f"{name}: skipped, there is no {python}; `make bench` makes it")
    return None
