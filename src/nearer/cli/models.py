"""`nearer models`: models that are known by name."""

from __future__ import annotations

from nearer.cli.options import AsJson
from nearer.cli.output import print_json, print_table

EXAMPLES = ("nearer models",)


def models(as_json: AsJson = False) -> None:
    """Known models: what they are, where each comes from, whether it is here and how to get it."""
    from nearer.space import known_models  # noqa: PLC0415  (verbs start fast)

    known = known_models()
    if as_json:
        fields = ("name", "count", "dim", "licence", "description", "source", "here", "install")
        print_json({"models": [{field: getattr(model, field) for field in fields} for model in known]})
        return
    print_table(
        ("name", "keys", "dim", "licence", "from", "here"),
        [
            (m.name, m.count, m.dim, m.licence, m.source, "yes" if m.here else f"no: {m.install}")
            for m in known
        ],
        numbers=("keys", "dim"),
    )
