"""How spaces and neighbours show themselves."""

import numpy as np
import pyarrow as pa

from nearer import Space

HOSTILE = ["<script>alert(1)</script>", "a\nb", "x" * 10_000, "שלום", "", "\ud800"]


def test_repr_is_one_short_line():
    space = Space(HOSTILE, np.ones((6, 8)))
    assert "\n" not in repr(space)
    assert len(repr(space)) < 300
    assert repr(Space(["a"], [[1, 2]], "dot")) == "<Space 1 × 2 dot: 'a'>"


def test_html_is_escaped_and_shows_payload():
    space = Space(HOSTILE, np.ones((6, 8)), items=pa.table({"<b>": ["<i>"] * 6}))
    html = space._repr_html_() + space.neighbors("")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;" in html
    assert "<i>" not in html
    assert len(html) < 5000


def test_neighbors_print_one_line_each():
    space = Space(HOSTILE, np.ones((6, 8)))
    assert len(repr(space.neighbors("")).splitlines()) == 5
    assert repr(Space(["a"], [[1]]).neighbors("a")) == "no neighbours"
