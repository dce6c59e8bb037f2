"""The seventh part: sounds made here, tones, sweeps, noise and knocks, as files in folders."""

from __future__ import annotations

import wave
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nearer
from nearer.cli.output import write
from nearer.cli.tour.left_out import left_out
from nearer.errors import MissingExtra, ModelNotFound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENCODER = "resemblyzer"
RATE = 16_000
SECONDS = 1.0
MANY = 15  # of each kind


def sounds(folder: Path, quiet: bool) -> dict[str, Any]:
    """Make, embed and judge the sounds; returns what was found, and the files in `folder`."""
    saved = folder / "sounds.space"
    try:
        encoder = nearer.encoder(ENCODER)
        with TemporaryDirectory() as place:
            make(Path(place))
            made = nearer.embed(encoder, place, out=saved, overwrite=True)
    except (MissingExtra, ModelNotFound) as error:
        return left_out(str(error), quiet)
    kinds = [key.partition("/")[0] for key in made.space.keys]
    judged = nearer.evaluate.knn(made.space, kinds, k=5)
    if not quiet:
        named = ", ".join(sorted(set(kinds)))
        write(f"{len(kinds)} sounds made here ({named}), heard by {ENCODER}, which knows voices only;")
        write(f"are the five nearest of the same kind?\n\n{judged}")
    return {"sounds": len(kinds), "knn": judged.to_dict(), "files": [saved]}


def make(folder: Path) -> None:
    """Files of `MANY` sounds of each kind, in a folder a kind."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)

    random = np.random.default_rng(1)
    time = np.arange(int(RATE * SECONDS)) / RATE
    for kind, sound in KINDS.items():
        (folder / kind).mkdir()
        for number in range(MANY):
            samples = 0.3 * sound(time, random) + 0.003 * random.normal(size=len(time))
            with wave.open(str(folder / kind / f"{number:02d}.wav"), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes((samples * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def tone(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """A steady tone with three overtones."""
    import numpy as np  # noqa: PLC0415

    pitch = random.uniform(150, 600)
    return sum((np.sin(2 * np.pi * pitch * part * time) / part for part in (1, 2, 3)), np.zeros_like(time))


def sweep(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """A tone that rises over four octaves, again and again."""
    import numpy as np  # noqa: PLC0415

    low, times = random.uniform(150, 300), random.uniform(2, 4)
    octaves = 4 * (time * times % 1)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(low * 2**octaves) / RATE))


def noise(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Hiss, louder or softer."""
    return random.normal(size=len(time)) * random.uniform(0.3, 1)


def knocks(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Short bursts of noise that die away, several a second."""
    import numpy as np  # noqa: PLC0415

    times = random.uniform(4, 8)
    return np.asarray(random.normal(size=len(time)) * np.exp(-40 * (time * times % 1) / times) * 2)


KINDS = {"knocks": knocks, "noise": noise, "sweeps": sweep, "tones": tone}
