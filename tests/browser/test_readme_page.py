"""The README's page and its JavaScript example, word for word, on a page beside the library and the model."""

import re

import pytest

NAME = "mine.html"
LOAD_MS = 60_000  # a cold start of the engine on a busy machine


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def open_body(open_page, address):
    """Return a function that opens a page with this body beside `kakitori/` and `model/`, without a policy."""

    def open_it(body):
        content = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{body}'

        def serve(page):
            page.route(address + NAME, lambda route: route.fulfill(body=content, content_type="text/html"))

        return open_page(address + NAME, ready=False, prepare=serve, service_workers="block")

    return open_it


def test_the_page_shows_the_candidates_of_a_drawing(open_body, readme, strokes_of):
    page = open_body(re.search(r"^```html\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1])
    page.evaluate("strokes => { document.querySelector('kanji-pad').strokes = strokes; }", strokes_of("田"))
    page.wait_for_function("document.querySelector('output').value.startsWith('田 ')", timeout=LOAD_MS)


def test_the_example_answers_as_its_comment_says(open_body, readme):
    code = re.search(r"^```js\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1]
    page = open_body(f'<script type="module">{code}window.first = candidates[0];</script>')
    page.wait_for_function("window.first", timeout=LOAD_MS)
    said = re.search(r'char: "(.)", jis: "(\w+)", codePoint: (\d+), index: (\d+)', code).groups()
    first = page.evaluate("first")
    assert (first["char"], first["jis"], str(first["codePoint"]), str(first["index"])) == said
