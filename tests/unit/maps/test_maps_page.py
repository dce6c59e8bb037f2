import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearer import Space
from nearer.maps import Map, nearest_rows
from nearer.maps.page import MODULES, digest, json_for_html, page, script_text, source, unit_square

HOSTILE = [
    "</script><img onerror=alert(1) src=x>",
    "'\"`",
    "a\nb",
    "שלום \u202e",
    "🐈",
    "k" * 10_000,
    "\ud800",
    "<!--",
]


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.setdefault(json.dumps(self.found[-1]) if self.found else "", data)


def page_of(keys, title="A map"):
    rng = np.random.default_rng(0)
    space = Space(keys, rng.normal(size=(len(keys), 4)))
    layout = rng.normal(size=(len(keys), 2))
    return page(Map.of(space, layout=layout, title=title, color_by=None), 3).decode(), space


def data_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def test_the_page_names_no_address():
    text, _ = page_of(list("abcdefgh"))
    text = re.sub(r"/\*\*.*?\*/", "", text, flags=re.S)  # comments name types by import("./data.js")
    assert not re.search(r"https?://|(src|href)\s*=|@import|url\(|import\s*\(|fetch\(|XMLHttp", text)


def test_hostile_keys_and_titles_stay_data():
    text, _ = page_of(HOSTILE, title="</title><script>alert(1)</script>")
    elements = Elements(text)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert data_of(text)["keys"] == HOSTILE


def test_the_policy_allows_this_script_and_style_and_nothing_else():
    text, _ = page_of(list("abcdefgh"))
    policy = next(a["content"] for tag, a in Elements(text).found if a.get("http-equiv"))
    script = re.search(r'<script type="module">(.*?)</script>', text, re.S)[1]
    style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    assert policy.startswith(
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'"
    )


def test_neighbours_are_those_of_the_original_space():
    text, space = page_of([str(number) for number in range(50)])
    nearest = data_of(text)["nearest"]
    rows = np.frombuffer(base64.b64decode(nearest["ids"]), "<u2").reshape(50, 3)
    steps = np.frombuffer(base64.b64decode(nearest["scores"]), "<u2").reshape(50, 3)
    expected = nearest_rows(space.vectors, 3, "cosine")
    np.testing.assert_array_equal(rows, expected.rows)
    scores = nearest["low"] + (nearest["high"] - nearest["low"]) * steps / 65535
    np.testing.assert_allclose(scores, expected.scores, atol=2e-5)
    assert nearest["title"] == "Nearest by cosine"


def test_a_page_without_neighbours_carries_none():
    space = Space([str(number) for number in range(50)], np.eye(50))
    nearest = data_of(page(Map.of(space, layout=np.eye(50, 2), color_by=None), 0).decode())["nearest"]
    assert (nearest["k"], nearest["ids"], nearest["scores"], nearest["title"]) == (0, "", "", "")


def test_positions_fill_a_square_with_y_downwards():
    square = unit_square(np.array([[10, 0], [30, 5]], np.float32))
    np.testing.assert_allclose(square, [[-1, 0.25], [1, -0.25]])
    assert not unit_square(np.ones((3, 2), np.float32)).any()


@given(st.lists(st.text(st.characters(exclude_categories=[]))))
def test_json_in_html_holds_every_text_and_no_markup(texts):
    encoded = json_for_html(texts)
    assert encoded.isascii()
    assert not set("<>&") & set(encoded)
    assert json.loads(encoded) == json.loads(json.dumps(texts))


def test_modules_join_into_one_script_without_imports_or_clashing_names():
    script = script_text()
    assert not re.search(r"^(import|export)\b", script, re.M)
    names = re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", script, re.M)
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


def test_modules_come_after_what_they_import():
    for place, name in enumerate(MODULES):
        for needed in re.findall(r'from "\./(\w+\.js)"', source(name)):
            assert MODULES.index(needed) < place, f"{name} imports {needed}"
