"""Drawing on the page with mouse, finger and keys gives the candidates of the drawn characters."""

import re

import pytest
from playwright.sync_api import Page, expect

from kakitori.charset import get_charset

FIRST = "#board li:first-child .card"


def glyphs(page: Page) -> list[str]:
    return page.locator("#board .card:enabled .glyph").all_inner_texts()


def count_strokes(page: Page) -> int:
    return page.evaluate("document.getElementById('pad').strokes.length")


@pytest.mark.parametrize("character", "田町欝あ書愛きん")
def test_written_characters_are_recognized(page, write, character):
    write(page, character)
    expect(page.locator(f"{FIRST} .glyph")).to_have_text(character)
    assert len(glyphs(page)) == 9
    charset = get_charset("etl9g")
    jis = charset.jis(charset.index(character))
    expect(page.locator(f"{FIRST} .codes")).to_have_text(re.compile(rf"JIS {jis}\s+U\+{ord(character):04X}"))
    expect(page.locator(f"{FIRST} .percent")).to_have_text(re.compile(r"^>?\d+\.\d %$"))


def test_candidates_come_after_every_stroke(page, strokes_of):
    box = page.locator("#pad").bounding_box()
    for number, stroke in enumerate(strokes_of("三"), 1):
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        page.mouse.move(*points[-1], steps=4)
        page.mouse.up()
        expect(page.locator(f"{FIRST} .glyph")).to_have_text("一二三"[number - 1])
        assert count_strokes(page) == number


def test_choosing_appends_to_the_text_and_clears_the_pad(page, write):
    for character in "日本":
        write(page, character)
        expect(page.locator(f"{FIRST} .glyph")).to_have_text(character)
        page.locator(FIRST).click()
        assert count_strokes(page) == 0
        assert glyphs(page) == []
    line = page.locator("#line")
    expect(line).to_have_value("日本")
    page.locator("#line-back").click()
    expect(line).to_have_value("日")
    line.press("End")
    line.press_sequentially("x1")
    expect(line).to_have_value("日x1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#line-copy").click()
    expect(page.locator("#line-status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "日x1"
    page.locator("#line-clear").click()
    expect(line).to_have_value("")
    expect(page.locator("#line-copy")).to_be_disabled()


def test_the_buttons_undo_redo_and_clear(open_page, write):
    page = open_page()
    undo, redo, clear = (page.locator(f"#{name}") for name in ("undo", "redo", "clear"))
    for button in (undo, redo, clear):
        expect(button).to_be_disabled()
    write(page, "二")
    undo.click()
    assert count_strokes(page) == 1
    redo.click()
    assert count_strokes(page) == 2
    clear.click()
    assert count_strokes(page) == 0
    expect(clear).to_be_disabled()
    expect(page.locator(FIRST)).to_be_disabled()
    undo.click()
    assert count_strokes(page) == 2
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("二")


def test_the_keys_undo_redo_clear_and_choose(page, write):
    write(page, "二")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("二")  # not only of the first stroke, which is 一
    second = glyphs(page)[1]
    for keys, strokes in [
        ("Control+z", 1),
        ("Control+Shift+z", 2),
        ("Escape", 0),
        ("Control+z", 2),
        ("Delete", 0),
        ("Meta+z", 2),
    ]:
        page.keyboard.press(keys)
        assert count_strokes(page) == strokes, keys
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("二")
    page.keyboard.press("2")
    expect(page.locator("#line")).to_have_value(second)
    page.keyboard.press("3")
    expect(page.locator("#line")).to_have_value(second)  # nothing to choose from


FOCUSED = (
    "document.activeElement.id || document.activeElement.className.split(' ')[0] || document.activeElement.localName"
)


def names_after_tabs(page: Page, count: int) -> list[str]:
    names = []
    for _ in range(count):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUSED))
    return names


def test_keys_reach_every_control_of_the_empty_page(open_page):
    page = open_page()
    assert names_after_tabs(page, 4) == ["pad", "choose-picture", "line", "pre"]
    assert page.evaluate("document.activeElement.matches(':focus-visible')")


def test_keys_reach_every_control_of_a_page_with_ink(page, write):
    write(page, "一")
    expect(page.locator(FIRST)).to_be_enabled()
    page.locator("#pad").focus()
    assert names_after_tabs(page, 5) == ["undo", "clear", "choose-picture", "line", "card"]


def test_candidates_are_announced_to_screen_readers_after_a_pause(page, write):
    status = page.locator("#pad [role=status]")
    write(page, "田")
    expect(status).to_have_text(re.compile("^Candidates: 1 田, 2 "))
    page.keyboard.press("Escape")
    expect(status).to_have_text("")
    assert page.locator("#pad").get_attribute("aria-label").startswith("Writing square")


def test_an_unsure_answer_is_shown_and_announced_as_unsure(open_page, site, write):
    script = (site / "kakitori/shared/confidence.js").read_text(encoding="utf-8")
    always_unsure = script.replace("< threshold", "< 2")  # a threshold above all probabilities
    assert always_unsure != script
    page = open_page(
        service_workers="block",
        prepare=lambda page: page.route(
            "**/confidence.js", lambda route: route.fulfill(body=always_unsure, content_type="text/javascript")
        ),
    )
    page.watch.allowed.append("registration blocked by Playwright")
    note = page.locator(".unsure-note")
    expect(note).to_be_hidden()
    write(page, "田")
    expect(note).to_be_visible()
    expect(page.locator("#pad [role=status]")).to_have_text(re.compile("^Not sure. Perhaps: 1 田, 2 "))
    page.locator(FIRST).click()
    expect(page.locator("#line")).to_have_value("田")
    expect(note).to_be_hidden()


def touch(session, kind: str, *points: tuple[float, float]) -> None:
    session.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]},
    )


def test_a_finger_draws_and_a_second_one_is_ignored(open_page):
    page = open_page(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True, device_scale_factor=3)
    session = page.context.new_cdp_session(page)
    box = page.locator("#pad").bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    touch(session, "touchStart", at(0.2, 0.5))
    touch(session, "touchMove", at(0.4, 0.5))
    touch(session, "touchStart", at(0.5, 0.5), at(0.9, 0.9))
    touch(session, "touchMove", at(0.8, 0.5), at(0.7, 0.9))
    touch(session, "touchEnd")
    expect(page.locator(FIRST)).to_be_enabled()
    strokes = page.evaluate("document.getElementById('pad').strokes")
    assert len(strokes) == 1
    assert {round(y / 100) for _, y in strokes[0]} == {5}
    assert page.evaluate("scrollY") == 0
    page.locator(FIRST).tap()
    assert page.locator("#line").input_value() != ""


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 664), (390, 844), (1024, 700)])
def test_all_controls_are_visible_and_keep_their_place(open_page, write, width, height):
    page = open_page(viewport={"width": width, "height": height})
    parts = ("#pad", "#board", ".tools", "#line", FIRST)

    def boxes():
        return {name: page.locator(name).first.bounding_box() for name in parts}

    before = boxes()
    for box in before.values():
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert before["#pad"]["width"] >= 240
    write(page, "目")
    expect(page.locator(FIRST)).to_be_enabled()
    assert boxes() == before, "nothing moves when candidates come"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overflowing = page.evaluate("""() => [...document.querySelectorAll(".card")].filter((card) =>
      [...card.querySelectorAll(".percent, .codes span, .glyph")].some((part) => {
        const [a, b] = [part.getBoundingClientRect(), card.getBoundingClientRect()];
        return a.left < b.left || a.right > b.right || a.top < b.top || a.bottom > b.bottom;
      })).length""")
    assert overflowing == 0


def test_the_pad_passes_its_size_to_the_recognizer(page):
    seen = page.evaluate("""async () => {
      const pad = document.getElementById("pad"), { recognizer } = pad;
      const seen = new Promise((resolve) => {
        pad.recognizer = { recognize: async (strokes, { pad }) => (resolve(pad), { candidates: [], unsure: true }) };
      });
      pad.strokes = [[[0, 0], [500, 900]]];
      const size = await seen;
      pad.recognizer = recognizer;
      return size;
    }""")
    assert seen == {"width": 1000, "height": 1000}


def test_the_colours_follow_the_dark_and_the_light_scheme(open_page, write):
    page = open_page(color_scheme="light")
    page.watch.allowed.append("willReadFrequently")  # this test reads the canvas, the page does not
    background = lambda: page.evaluate("getComputedStyle(document.documentElement).backgroundColor")  # noqa: E731
    write(page, "一")
    expect(page.locator(FIRST)).to_be_enabled()
    ink = """() => {
      const canvas = document.getElementById("pad").shadowRoot.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const solid = data.findIndex((value, i) => i % 4 === 3 && value === 255
        && i / 4 > canvas.width * canvas.height * 0.4 && (i / 4 % canvas.width) > canvas.width * 0.3);
      return [...data.slice(solid - 3, solid)];
    }"""
    light = background()
    assert sum(page.evaluate(ink)) < 300
    page.emulate_media(color_scheme="dark")
    assert background() != light
    page.wait_for_function(f"({ink})().reduce((sum, value) => sum + value) > 300")


def test_ink_is_kept_when_the_screen_is_rotated(open_page, write):
    page = open_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    write(page, "田")
    before = page.evaluate("document.getElementById('pad').strokes")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.evaluate("document.getElementById('pad').strokes") == before
    page.wait_for_function("""() => {
      const canvas = document.getElementById("pad").shadowRoot.querySelector("canvas");
      return canvas.width === Math.round(canvas.clientWidth * devicePixelRatio);
    }""")
