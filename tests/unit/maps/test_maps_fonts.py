import pytest

from nearer.maps.fonts import LONGEST, drawable, family_with


def test_text_of_many_scripts_is_drawn_as_it_is():
    assert drawable("Straße λόγος дом שלום")[0] == "Straße λόγος дом שלום"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb\x00", "a\\nb\\x00"), ("\ud800", "\\ud800"), ("x\u202ey", "x\\u202ey"), ("\ue123", "\\ue123")],
)
def test_what_no_font_can_draw_becomes_an_escape(text, shown):
    assert drawable(text)[0] == shown


def test_long_text_is_cut():
    assert drawable("x" * 10_000)[0] == "x" * (LONGEST - 1) + "…"


def test_every_character_left_has_a_family_in_the_list():
    text, families = drawable("the 猫 sat 🐈 on q")
    assert all(family_with(character) in families for character in text)
