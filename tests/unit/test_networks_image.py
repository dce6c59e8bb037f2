"""ResNet and its views: shapes, whitened patches, what a view keeps, and what contrast learns of shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import nearer
import nearer.models.contrastive_training
from nearer import Contrastive
from nearer.errors import InputError, ParameterError
from nearer.networks import Network, ResNet
from nearer.networks.image import square
from nearer.networks.patches import colours, whitening
from nearer.signal import SameLabel, Views

torch = pytest.importorskip("torch")
pytest.importorskip("PIL")
SIDE = 16
SMALL: dict[str, int] = {"size": SIDE, "channels": 16, "stages": 2}
FAST: dict[str, Any] = {
    "temperature": 0.2,
    "learning_rate": 0.005,
    "batch_size": 64,
    "threads": 1,
    "held_out": 0.0,
}


def shapes(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Discs, rings, crosses and stripes of random colours at random places, on other colours, with noise."""
    source = np.random.default_rng(seed)
    down, across = np.mgrid[:SIDE, :SIDE]
    images, kinds = np.empty((count, SIDE, SIDE, 3), np.uint8), np.arange(count) % 4
    for row, kind in enumerate(kinds):
        y, x = down - source.uniform(6, 10), across - source.uniform(6, 10)
        far = np.hypot(y, x)
        drawn = (
            far < 4.5,
            (far < 5.5) & (far > 3),
            (np.minimum(abs(x), abs(y)) < 1) & (far < 6),
            (np.floor(y / 2) % 2 == 0) & (far < 6.5),
        )[kind]
        ink, paper = source.uniform(0, 255, (2, 3))
        while abs(ink - paper).sum() < 200:
            ink, paper = source.uniform(0, 255, (2, 3))
        picture = np.where(drawn[:, :, None], ink, paper) + source.normal(0, 8, (SIDE, SIDE, 3))
        images[row] = np.clip(picture, 0, 255)
    return images, kinds


@pytest.fixture(scope="module")
def pictures() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return shapes(480, 0)


def built(network: ResNet, items: Any, seed: int = 0) -> Any:
    return network.build(network.plan(items), seed)


def test_it_is_a_network_and_its_settings_make_it_again() -> None:
    network = ResNet(size=24, channels=8, stages=2, depth=3)
    assert isinstance(network, Network)
    assert network.modality == "image"
    assert ResNet(**network.settings()).settings() == network.settings()
    assert repr(network) == "ResNet(size=24, channels=8, stages=2, depth=3)"


@pytest.mark.parametrize(
    ("stages", "width"), [(1, 4 * 8), (2, 8 + 4 * 16), (3, 16 + 4 * 32), (4, 32 + 64)], ids=str
)
def test_the_output_is_the_last_stage_by_parts_and_the_one_before(
    stages: int, width: int, pictures: Any
) -> None:
    network = ResNet(size=SIDE, channels=8, stages=stages, depth=2)
    plan = network.plan(pictures[0][:20])
    module = network.build(plan, 0).eval()
    found = module(network.prepare(pictures[0][:5], plan).batch(np.arange(5)))
    assert found.shape == (5, network.width(plan)) == (5, width)
    assert found.dtype == torch.float32


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 2}, "size=2 is not a whole number from 4 to 1,024"),
        ({"channels": 8.5}, "channels=8.5 is not a whole number from 4 to 1,024"),
        ({"stages": True}, "stages=True is not a whole number from 1 to 6"),
        (
            {"size": 12, "stages": 4},
            "size=12 cannot be halved 4 times; use a size from 16 up, or fewer stages",
        ),
    ],
)
def test_sizes_out_of_range_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        ResNet(**given)
    assert str(caught.value) == message


def test_patches_come_out_white(pictures: Any) -> None:
    pixels = pictures[0][:200]
    mean, deviation = colours(pixels)
    np.testing.assert_allclose(mean, (pixels / 255).mean((0, 1, 2)))
    np.testing.assert_allclose(deviation, (pixels / 255).std((0, 1, 2)))
    filters = whitening(pixels, mean, deviation, most=8)
    scaled = (pixels / 255 - mean) / deviation
    patches = np.lib.stride_tricks.sliding_window_view(scaled, (3, 3), axis=(1, 2))[:, ::3, ::3].reshape(
        -1, 27
    )
    found = np.cov(patches @ filters.reshape(8, 27).T, rowvar=False, bias=True)
    np.testing.assert_allclose(found - np.diag(np.diag(found)), 0, atol=1e-8)
    assert (np.diag(found) <= 1).all()
    assert np.diag(found)[0] > 0.99


def test_pictures_of_one_colour_make_a_plan() -> None:
    plan = ResNet(**SMALL).plan(np.full((3, 5, 5, 3), 7, np.uint8))
    assert np.isfinite([*plan["mean"], *plan["deviation"], *np.ravel(plan["filters"])]).all()


def test_the_middle_square_is_resized() -> None:
    wide = np.zeros((4, 10, 3), np.uint8)
    wide[:, 3:7] = 200
    assert (square(wide, 4) == 200).all()
    assert (square(wide, 9) == 200).all()
    assert square(np.full((1, 1, 3), 9, np.uint8), 32).shape == (32, 32, 3)
    assert (square(wide.transpose(1, 0, 2), 2) == 200).all()


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    good = np.zeros((8, 8), np.uint8)
    network = ResNet(**SMALL)
    with pytest.raises(InputError, match=r"^item 1: .*"):
        network.prepare([good, b"no picture"], network.plan([good]))
    with pytest.raises(InputError, match="there is no such file"):
        network.plan([str(tmp_path / "missing.png")])
    with pytest.raises(InputError, match=r"^an array of shape \(3, 64\) holds no images; give"):
        network.plan(np.zeros((3, 64), np.uint8))


def test_a_view_without_strength_is_the_picture(pictures: Any) -> None:
    network = ResNet(**SMALL)
    ready = network.prepare(pictures[0][:9], {})
    rows = np.arange(9)
    random = torch.Generator().manual_seed(0)
    for changes in (dict.fromkeys(network.changes, 0.0), {}):
        assert torch.equal(ready.view(rows, changes, random), ready.batch(rows))
    moved = {"crop": 1e-6}
    torch.testing.assert_close(ready.view(rows, moved, random), ready.batch(rows), atol=1e-3, rtol=0)


def test_each_change_does_what_it_says(pictures: Any) -> None:
    ready, rows = ResNet(**SMALL).prepare(pictures[0][:40], {}), np.arange(40)
    plain = ready.batch(rows)

    def view(**changes: float) -> Any:
        found = ready.view(rows, changes, torch.Generator().manual_seed(1))
        assert found.shape == plain.shape
        assert float(found.min()) >= 0
        assert float(found.max()) <= 1 + 1e-6
        return found

    torch.testing.assert_close(view(flip=1.0), plain.flip(3), atol=1e-5, rtol=0)
    grey = view(grey=1.0)
    torch.testing.assert_close(grey[:, 0], grey[:, 1], atol=1e-5, rtol=0)
    torch.testing.assert_close(grey[:, 0], grey[:, 2], atol=1e-5, rtol=0)
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    torch.testing.assert_close(grey[:, 0], (plain * weights).sum(1), atol=1e-5, rtol=0)
    blurred = view(blur=1.0)
    torch.testing.assert_close(blurred.mean((2, 3)), plain.mean((2, 3)), atol=0.05, rtol=0)
    assert float(blurred.diff(dim=3).abs().mean()) < 0.8 * float(plain.diff(dim=3).abs().mean())
    for changes in ({"colour": 0.4}, {"crop": 0.75}):
        assert float((view(**changes) - plain).abs().mean()) > 0.01
    assert len(torch.unique(view(flip=0.5).flatten(1).sub(plain.flatten(1)).abs().sum(1) > 1e-3)) == 2


def test_views_and_weights_are_decided_by_the_seed(pictures: Any) -> None:
    network = ResNet(**SMALL)
    plan = network.plan(pictures[0][:50])
    ready, rows = network.prepare(pictures[0][:8], plan), np.arange(8)
    changes = {**network.changes, "blur": 0.5}
    views = [ready.view(rows, changes, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)]
    assert torch.equal(views[0], views[1])
    assert not torch.equal(views[0], views[2])
    before = torch.random.get_rng_state()
    one, same, other = (network.build(plan, seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def foretold(model: Any, learned: Any, asked: Any) -> float:
    """Accuracy of a linear probe on vectors of pictures that neither the model nor the probe learned from."""
    probe = LogisticRegression(max_iter=2000).fit(model.encode(learned[0]), learned[1])
    return float(probe.score(model.encode(asked[0]), asked[1]))


@pytest.fixture(scope="module")
def seen(pictures: Any) -> Contrastive:
    return Contrastive(Views(), ResNet(**SMALL), epochs=10, **FAST).fit(pictures[0])


def test_shapes_are_told_without_labels(seen: Contrastive, pictures: Any) -> None:
    assert seen.loss_curve_[-1] < 0.75 * seen.loss_curve_[0]
    unseen = shapes(200, 1)
    flat = LogisticRegression(max_iter=2000).fit(pictures[0].reshape(480, -1) / 255, pictures[1])
    by_pixels = flat.score(unseen[0].reshape(200, -1) / 255, unseen[1])
    by_vectors = foretold(seen, pictures, unseen)
    assert by_vectors > 0.8
    assert by_vectors > by_pixels + 0.2, (by_vectors, by_pixels)


def test_encoding_heeds_neither_batches_nor_order(seen: Contrastive, pictures: Any) -> None:
    items = list(pictures[0][:70])
    whole = seen.encode(items)
    np.testing.assert_allclose(whole, seen.space_.vectors[:70], atol=1e-5)
    np.testing.assert_allclose(seen.encode(items, batch_size=7), whole, atol=1e-5)
    np.testing.assert_allclose(seen.encode(items[::-1])[::-1], whole, atol=1e-5)


def test_a_saved_model_is_an_encoder_of_any_form_of_image(
    seen: Contrastive, pictures: Any, tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415

    seen.save(tmp_path / "shapes.model")
    encoder = nearer.encoder(tmp_path / "shapes.model")
    assert encoder.identity == seen.identity
    Image.fromarray(pictures[0][0]).save(tmp_path / "one.png")
    forms = [
        pictures[0][0],
        str(tmp_path / "one.png"),
        (tmp_path / "one.png").read_bytes(),
        Image.open(tmp_path / "one.png"),
    ]
    found = encoder.encode(forms)
    np.testing.assert_allclose(found, np.repeat(seen.space_.vectors[:1], 4, axis=0), atol=1e-5)


def test_one_seed_and_one_thread_give_the_same_bits(pictures: Any) -> None:
    models = [
        Contrastive(Views(), ResNet(**SMALL), epochs=2, seed=seed, **FAST).fit(pictures[0][:130])
        for seed in (5, 5, 6)
    ]
    assert models[0].identity == models[1].identity
    np.testing.assert_array_equal(models[0].space_.vectors, models[1].space_.vectors)
    assert models[0].identity != models[2].identity


def test_a_resumed_run_is_the_uninterrupted_one(
    pictures: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {"epochs": 2, **FAST}
    whole = Contrastive(Views(), ResNet(**SMALL), **made).fit(pictures[0][:130])
    made |= {"checkpoint": tmp_path / "run", "checkpoint_every": 0.0}
    training = nearer.models.contrastive_training.ContrastTraining
    stepped = training._step

    def killed(self: Any, state: Any, anchors: Any, unit: int) -> float:
        if unit == 4:
            raise RuntimeError("killed")
        return stepped(self, state, anchors, unit)

    monkeypatch.setattr(training, "_step", killed)
    with pytest.raises(RuntimeError, match="killed"):
        Contrastive(Views(), ResNet(**SMALL), **made).fit(pictures[0][:130])
    monkeypatch.setattr(training, "_step", stepped)
    resumed = Contrastive(Views(), ResNet(**SMALL), **made).fit(pictures[0][:130])
    assert resumed.identity == whole.identity
    np.testing.assert_array_equal(resumed.space_.vectors, whole.space_.vectors)


def test_labels_teach_it_too() -> None:
    digits = load_digits()
    images = np.rint(digits.images * 255 / 16).astype(np.uint8)
    network = ResNet(size=8, channels=16, stages=2)
    model = Contrastive(SameLabel(), network, epochs=4, **FAST).fit((images[:1000], digits.target[:1000]))
    learned, asked = (images[:1000], digits.target[:1000]), (images[1000:], digits.target[1000:])
    assert foretold(model, learned, asked) > 0.93
