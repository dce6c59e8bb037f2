"""What torch and transformers are set to while they work for us; afterwards they are as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nearer.extras import require


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Torch with `count` threads; afterwards as many as before."""
    torch = require("torch", "torch", "a network")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No messages below errors and no bars of the library's own; afterwards as before."""
    talk = require("transformers", "torch", "a model of transformers").utils.logging
    level, bars = talk.get_verbosity(), talk.is_progress_bar_enabled()
    talk.set_verbosity_error()
    talk.disable_progress_bar()
    try:
        yield
    finally:
        talk.set_verbosity(level)
        if bars:
            talk.enable_progress_bar()
