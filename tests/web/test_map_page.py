"""The offline page in a real browser: drawn, found, zoomed, selected, and not one request to anywhere."""

import io
import json
import shutil
import time

import numpy as np
import pytest
from matplotlib.image import imread

from nearer import Space
from nearer.maps import Map

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium with chromedriver here")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1100,760",
]
HOSTILE = [
    "</script><img src=x onerror=document.title='broken'>",
    "'\"`",
    "a\nb",
    "שלום",
    "🐈 cat",
    "k" * 10_000,
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A map of 600 points on a grid: two groups left and right, hostile keys first."""
    keys = HOSTILE + [f"word {row}" for row in range(600 - len(HOSTILE))]
    layout = np.stack(np.divmod(np.arange(600), 20), axis=1)
    space = Space(keys, np.random.default_rng(0).normal(size=(600, 6)))
    colours = np.where(layout[:, 0] < 15, "left", "right")
    path = tmp_path_factory.mktemp("page") / "map.html"
    Map.of(space, layout=layout, color_by=list(colours), title="Grid").save(path)
    return path.as_uri()


@pytest.fixture(params=["#renderer=canvas2d", pytest.param("#renderer=webgl2", marks=pytest.mark.slow)])
def opened(request, browser, address):
    browser.get("about:blank")
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(address + request.param)
    settled(browser)
    assert browser.find_element("id", "map").get_attribute("data-renderer") == request.param.split("=")[1]
    return browser


def settled(browser):
    """Wait until nothing moves; returns the zoom."""
    page = browser.find_element("id", "map")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if page.get_attribute("aria-busy") == "false":
            return float(page.get_attribute("data-zoom"))
        time.sleep(0.02)
    raise AssertionError("the map never came to rest")


def coloured(browser):
    """Pixels of the screenshot that are clearly blue, and clearly orange."""
    pixels = imread(io.BytesIO(browser.get_screenshot_as_png()))[..., :3]
    red, blue = pixels[..., 0], pixels[..., 2]
    return int((blue > red + 0.3).sum()), int((red > blue + 0.3).sum())


def type_query(browser, text):
    browser.find_element("id", "query").send_keys(text)


def test_points_of_both_groups_are_drawn_and_the_legend_hides_one(opened):
    blue, orange = coloured(opened)
    assert blue > 3000
    assert orange > 3000
    opened.find_elements("css selector", "#groups button")[0].click()
    settled(opened)
    fewer, same = coloured(opened)
    assert fewer < 300
    assert same > 0.9 * orange


def test_nothing_is_asked_of_the_network_and_nothing_goes_to_the_console(opened):
    type_query(opened, "word 5")
    settled(opened)
    entries = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert all(url.startswith("file:///") for url in asked)
    messages = [entry["message"] for entry in opened.get_log("browser")]
    assert [
        message for message in messages if "GL Driver Message" not in message and "fallback to" not in message
    ] == []


def test_the_pointer_names_the_point_under_it(opened):
    width, height = opened.execute_script("return [innerWidth, innerHeight]")
    move(opened, *at(opened, 310, width, height))
    tip = opened.find_element("id", "tip")
    assert tip.is_displayed()
    assert tip.text.splitlines()[0] == f"word {310 - len(HOSTILE)}"
    move(opened, width // 2, 4)
    assert not tip.is_displayed()


def at(browser, row, width, height):
    """The pixel of a point of the grid when all are in view."""
    scale = min(width * 0.88 / 29, height * 0.88 / 19)
    column, line = divmod(row, 20)
    return round(width / 2 + (column - 14.5) * scale), round(height / 2 - (line - 9.5) * scale)


def move(browser, x, y):
    actions = webdriver.ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(x, y)
    actions.perform()
    settled(browser)


def test_a_click_lists_the_nearest_of_the_original_space(opened):
    width, height = opened.execute_script("return [innerWidth, innerHeight]")
    move(opened, *at(opened, 310, width, height))
    webdriver.ActionChains(opened).click().perform()
    assert opened.find_element("id", "chosen").text == "word 304"
    listed = opened.find_elements("css selector", "#nearest .key")
    vectors = np.random.default_rng(0).normal(size=(600, 6))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = [row for row in np.argsort(-units @ units[310]) if row != 310][:10]
    expected = [f"word {row - 6}" if row >= 6 else HOSTILE[row] for row in nearest]
    assert [node.text for node in listed] == expected
    opened.find_elements("css selector", "#nearest button")[0].click()
    assert opened.find_element("id", "chosen").text == expected[0]


def test_find_as_you_type_flies_to_a_match_and_enter_goes_round(opened):
    before = settled(opened)
    type_query(opened, "WORD 59")
    assert settled(opened) > before
    matches = opened.find_element("id", "matches")
    assert matches.text == "1 of 5"
    assert opened.find_element("id", "chosen").text == "word 59"
    for place in (2, 3, 4, 5, 1):
        type_query(opened, "\ue007")  # Enter
        assert matches.text == f"{place} of 5"
    type_query(opened, "\ue00c")  # Escape
    assert matches.text == ""
    assert not opened.find_element("id", "selection").is_displayed()
    type_query(opened, "nothing like this")
    assert matches.text == "no match"


@pytest.mark.parametrize(("typed", "row"), [("</script>", 0), ("שלום", 3), ("🐈", 4), ("kkkk", 5)])
def test_hostile_keys_are_found_and_shown_as_text(opened, typed, row):
    opened.execute_script(
        "const query = document.getElementById('query'); query.value = arguments[0];"
        "query.dispatchEvent(new Event('input'))",
        typed,
    )
    assert opened.find_element("id", "chosen").text.rstrip("…") in HOSTILE[row]
    assert opened.title == "Grid"
    assert opened.find_elements("css selector", "img") == []


def test_wheel_buttons_and_keys_zoom_and_zero_shows_all(opened):
    assert settled(opened) == 1
    opened.find_element("id", "zoom-in").click()
    closer = settled(opened)
    assert closer == pytest.approx(1.6)
    origin = webdriver.common.actions.wheel_input.ScrollOrigin.from_viewport(500, 300)
    webdriver.ActionChains(opened).scroll_from_origin(origin, 0, -200).perform()
    assert settled(opened) > closer
    page = opened.find_element("id", "map")
    page.send_keys("0")
    assert settled(opened) == 1
    page.send_keys("-")
    assert settled(opened) == pytest.approx(1 / 1.5, abs=1e-3)


def test_labels_appear_as_one_zooms_in_and_dragging_moves_the_map(opened):
    def ink():
        return opened.execute_script(
            "const c = document.getElementById('labels');"
            "const image = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
            "return image.data.reduce((n, value) => n + (value > 0), 0)"
        )

    assert ink() > 1000
    actions = webdriver.ActionChains(opened)
    before = opened.get_screenshot_as_png()
    actions.w3c_actions.pointer_action.move_to_location(500, 200)
    actions.w3c_actions.pointer_action.pointer_down()
    actions.w3c_actions.pointer_action.move_to_location(620, 260)
    actions.w3c_actions.pointer_action.pointer_up()
    actions.perform()
    settled(opened)
    assert opened.get_screenshot_as_png() != before
    assert not opened.find_element("id", "selection").is_displayed()


def test_a_lost_graphics_driver_leaves_a_map(browser, address):
    browser.get("about:blank")
    browser.get(address + "#renderer=webgl2")
    settled(browser)
    assert coloured(browser)[0] > 3000
    browser.execute_script(
        "document.getElementById('points').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    settled(browser)
    assert browser.find_element("id", "map").get_attribute("data-renderer") == "canvas2d"
    assert coloured(browser)[0] > 3000
