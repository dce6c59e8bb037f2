"""Examples below a verb's help; tests run them as they stand there."""

from __future__ import annotations


def shown(examples: tuple[str, ...]) -> str:
    """Examples below a verb's help, a line each."""
    return "\n\n".join(("Examples:" if len(examples) > 1 else "Example:", *examples))
