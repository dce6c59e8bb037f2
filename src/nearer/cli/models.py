"""`nearer models`: models that are known by name."""

from __future__ import annotations

from typing import Any

from nearer.cli.options import AsJson
from nearer.cli.output import print_json, print_table, write

EXAMPLES = ("nearer models",)


FIELDS = ("dim", "licence", "description", "source", "here", "install")


def models(as_json: AsJson = False) -> None:
    """Known spaces and encoders: what they are, where each comes from, whether it is here, how to get it."""
    from nearer.encoders import known_encoders  # noqa: PLC0415  (verbs start fast)
    from nearer.space import known_models  # noqa: PLC0415  (as above)

    spaces, encoders = known_models(), known_encoders()
    if as_json:
        document = {
            "models": [_fields(model, ("name", "count", *FIELDS)) for model in spaces],
            "encoders": [_fields(model, ("name", "modality", *FIELDS, "sha256")) for model in encoders],
        }
        print_json(document)
        return
    print_table(
        ("space", "keys", "dim", "licence", "from", "here"),
        [(m.name, m.count, m.dim, m.licence, m.source, _here(m)) for m in spaces],
        numbers=("keys", "dim"),
    )
    if encoders:
        write()
        print_table(
            ("encoder", "of", "dim", "licence", "from", "here"),
            [(m.name, m.modality, m.dim, m.licence, m.source, _here(m)) for m in encoders],
            numbers=("dim",),
        )


def _fields(model: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(model, name) for name in names}


def _here(model: Any) -> str:
    return "yes" if model.here else f"no: {model.install}"
