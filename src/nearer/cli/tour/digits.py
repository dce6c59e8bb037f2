"""The fifth part: images, handwritten digits that scikit-learn ships (Alpaydin and Kaynak, 1998)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nearer
from nearer.cli.output import print_table, write
from nearer.cli.tour.left_out import left_out
from nearer.errors import MissingExtra, ModelNotFound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PRETRAINED = "efficientnet-lite0"
MANY = 400  # images that the pretrained network looks at
EPOCHS = 4  # of our own network, over all of them


def digits(folder: Path, quiet: bool) -> dict[str, Any]:
    """Embed images by a network of photos and by one of our own; returns what was found, and the files."""
    images, names = pictures()
    found: dict[str, Any] = {}
    missing, files = [], []
    for name, encode in (("pretrained", pretrained), ("own", own)):
        try:
            space, kinds = encode(images, names)
        except (MissingExtra, ModelNotFound) as error:
            missing.append(str(error))
            continue
        judged = nearer.evaluate.knn(space, kinds, k=5)
        found[name] = {"dim": space.dim, "n": len(space), "knn": judged.to_dict()}
        files = [folder / "digits.space", folder / "digits.png"]
        space.save(files[0], overwrite=True)
        draw(space, kinds, files[1])
    if not found:
        return left_out(" and ".join(missing), quiet)
    if not quiet:
        write(f"{len(images):,} digits of 8 x 8 pixels, written by hand; whose five nearest say what it is?")
        write("(a tenth would be by chance)\n")
        rows = [(TITLES[name], told["n"], told["dim"], told["knn"]["value"]) for name, told in found.items()]
        print_table(("vectors by", "images", "dim", "accuracy"), rows, numbers=("images", "dim", "accuracy"))
        for line in missing:
            write(f"left out: {line}")
    return {"encoders": found, "missing": missing, "files": files}


TITLES = {
    "pretrained": f"{PRETRAINED}, which has seen photos only",
    "own": "a small ResNet, trained here without labels",
}


def pictures() -> tuple[list[NDArray[np.uint8]], list[str]]:
    """The images, uint8 (8, 8), and what they show."""
    import numpy as np  # noqa: PLC0415  (verbs start fast)
    from sklearn.datasets import load_digits  # noqa: PLC0415

    shipped = load_digits()
    grey = np.rint(shipped.images * (255 / 16)).astype(np.uint8)
    return list(grey), [str(kind) for kind in shipped.target]


def pretrained(images: list[NDArray[np.uint8]], names: list[str]) -> tuple[nearer.Space, list[str]]:
    """Some of the images, by a network that was trained on photos."""
    encoder = nearer.encoder(PRETRAINED)
    made = nearer.embed(encoder, {f"{row}": image for row, image in enumerate(images[:MANY])})
    return made.space, names[:MANY]


def own(images: list[NDArray[np.uint8]], names: list[str]) -> tuple[nearer.Space, list[str]]:
    """All of them, by a network that learns from pairs of crops; it is never told what they show."""
    from nearer.networks import ResNet  # noqa: PLC0415  (verbs start fast)
    from nearer.signal import Views  # noqa: PLC0415

    model = nearer.Contrastive(
        Views(crop=0.5), ResNet(size=16, channels=16, stages=2), epochs=EPOCHS, batch_size=128, seed=1
    )
    model.fit(images)
    return model.space_, names


def draw(space: nearer.Space, kinds: list[str], file: Path) -> None:
    """The digits as a picture, coloured by what they show."""
    from nearer.maps import Map  # noqa: PLC0415  (verbs start fast)

    some = min(len(space), MANY)
    Map.of(space[:some], color_by=kinds[:some], title="Digits written by hand", threads=1).save(file)
