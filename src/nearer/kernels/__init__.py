"""Typed Python faces of the native kernels: arrays in, arrays out, no input or output."""

from nearer.kernels.variants import available_variants, chosen_variant

__all__ = ["available_variants", "chosen_variant"]
