"""Mel spectrograms against librosa 0.11 (figures computed with it, and itself where it is installed)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nearer.data.mel import hertz_to_mel, log_mel, mel_filters, mel_spectrogram, mel_to_hertz, power_spectrum
from nearer.errors import ParameterError
from sounds import tone

PLACES = np.arange(1200)
CHIRP = (0.4 * np.sin(2e-4 * PLACES * PLACES) + 0.2 * np.cos(0.9 * PLACES)).astype(np.float32)
SETTINGS: dict[str, Any] = {"bands": 5, "n_fft": 256, "hop": 400, "window": 200, "low": 50.0, "high": 3500.0}
# The logarithm, cut off at 1e-6, of librosa.feature.melspectrogram(y=CHIRP, sr=8000, n_fft=256,
# hop_length=400, win_length=200, n_mels=5, fmin=50, fmax=3500, htk=..., norm=...)
GOLDEN = {
    ("slaney", True): [
        [-5.770342, -4.142395, -1.64562, -4.764735, -7.293803],
        [-0.097696, -4.276594, -0.888361, -5.178885, -13.815511],
        [0.696359, -2.747054, -0.888365, -5.178806, -13.815511],
        [-0.676652, -0.537338, -1.481861, -4.747344, -6.671791],
    ],
    ("htk", False): [
        [0.329241, 0.304576, 4.410705, 2.616242, -0.487981],
        [6.159462, -3.062738, 5.129148, 3.140905, -13.815511],
        [6.250856, 5.519546, 5.129151, 3.140901, -13.815511],
        [3.896927, 5.810025, 4.685921, 2.683631, 0.138824],
    ],
}


@pytest.mark.parametrize(("scale", "area"), GOLDEN)
def test_log_mel_is_that_of_librosa(scale: Any, area: bool) -> None:
    found = log_mel(CHIRP, 8_000, **SETTINGS, scale=scale, area=area)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, GOLDEN[scale, area], atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bands": 40},
        {
            "n_fft": 512,
            "window": 400,
            "bands": 80,
            "low": 20.0,
            "high": 7600.0,
            "scale": "htk",
            "area": False,
        },
        {"n_fft": 401, "hop": 77},
        {"n_fft": 1024, "hop": 256, "scale": "htk"},
    ],
)
def test_parity_with_librosa(settings: dict[str, Any]) -> None:
    librosa = pytest.importorskip("librosa")
    wave = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    wanted = librosa.feature.melspectrogram(
        y=wave,
        sr=16_000,
        n_fft=settings.get("n_fft", 400),
        hop_length=settings.get("hop", 160),
        win_length=settings.get("window"),
        n_mels=settings.get("bands", 64),
        fmin=settings.get("low", 0.0),
        fmax=settings.get("high"),
        htk=settings.get("scale") == "htk",
        norm="slaney" if settings.get("area", True) else None,
    ).T
    np.testing.assert_allclose(mel_spectrogram(wave, 16_000, **settings), wanted, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(log_mel(wave, 16_000, **settings), np.log(np.maximum(wanted, 1e-6)), atol=1e-5)


def test_power_is_that_of_the_sum_over_samples() -> None:
    """The discrete Fourier transform as it is defined, with the Hann window written out."""
    wave = CHIRP[:90]
    n = np.arange(32)
    hann = np.array([0.5 - 0.5 * np.cos(2 * np.pi * k / 24) for k in range(24)])
    window = np.concatenate([np.zeros(4), hann, np.zeros(4)])
    found = power_spectrum(wave, 32, 10, 24)
    assert found.shape == (6, 17)
    for frame in range(6):
        samples = wave[10 * frame : 10 * frame + 32] * window
        wanted = [abs((samples * np.exp(-2j * np.pi * k * n / 32)).sum()) ** 2 for k in range(17)]
        np.testing.assert_allclose(found[frame], wanted, atol=1e-5)


def test_waves_of_one_length_are_computed_as_each_alone() -> None:
    waves = np.random.default_rng(1).normal(0, 0.1, (2, 3, 2_000)).astype(np.float32)
    found = log_mel(waves, 16_000, bands=20)
    assert found.shape == (2, 3, 13, 20)
    np.testing.assert_array_equal(found[1, 2], log_mel(waves[1, 2], 16_000, bands=20))


def test_long_waves_are_computed_in_blocks() -> None:
    wave = np.random.default_rng(2).normal(0, 0.1, 5_000 * 16).astype(np.float32)
    found = mel_spectrogram(wave, 8_000, n_fft=64, hop=16, bands=8)
    assert found.shape == (5_001, 8)
    padded = np.pad(wave, 32)
    wanted = power_spectrum(padded, 64, 16) @ mel_filters(8_000, 64, 8, 0.0, None, "slaney", True).T
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_silence_is_the_floor_and_a_note_is_in_its_band() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(800, dtype=np.float32), 8_000, floor=1e-4), np.log(1e-4))
    mel = mel_spectrogram(tone(1.0, 16_000, 1_000.0), 16_000, bands=64)
    centres = mel_to_hertz(np.linspace(0, hertz_to_mel(np.array(8_000.0), "slaney"), 66), "slaney")[1:-1]
    assert abs(centres[mel.sum(axis=0).argmax()] - 1_000) < 40


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_mels_and_hertz_are_inverse_and_1000_is_where_it_belongs(scale: Any) -> None:
    hertz = np.linspace(0, 12_000, 200)
    np.testing.assert_allclose(mel_to_hertz(hertz_to_mel(hertz, scale), scale), hertz, atol=1e-8)
    wanted = {"slaney": 15.0, "htk": 999.9855}[scale]
    np.testing.assert_allclose(hertz_to_mel(np.array(1_000.0), scale), wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_fft": 1}, "^n_fft=1 is below 2 samples$"),
        ({"hop": 0}, "^hop=0 is below 1 sample$"),
        ({"window": 500}, "^window=500 is not from 1 to n_fft=400 samples$"),
        ({"bands": 0}, "^bands=0 is below 1$"),
        ({"high": 9_000.0}, "^low=0, high=9000 are not ends with 0 <= low < high <= 8000 Hz$"),
        ({"low": 100.0, "high": 100.0}, "^low=100, high=100 are not ends"),
        ({"scale": "bark"}, "^scale='bark' is neither 'slaney' nor 'htk'$"),
        ({"floor": 0.0}, r"^floor=0\.0 is not above 0$"),
    ],
)
def test_what_is_no_setting_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        log_mel(np.zeros(800, dtype=np.float32), 16_000, **settings)
