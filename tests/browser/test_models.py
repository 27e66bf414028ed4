"""A page with two models: the choice, the files that it fetches, and the cached ones."""

import re

import pytest
from playwright.sync_api import Page, expect

from web.build import build_site
from web.serve import running_server

FIRST = "#board li:first-child .card"
DIGITS = "models/digits/"
LOAD_MS = 60_000  # a cold start of the engine on a busy machine


@pytest.fixture(scope="module")
def two_models(digits, model_dir, tmp_path_factory):
    """The site of the tested model and of one that reads digits."""
    out = tmp_path_factory.mktemp("two-models") / "dist"
    build_site([model_dir, digits / "models" / "digits"], out)
    return out


@pytest.fixture(scope="module")
def two_models_address(two_models):
    with running_server(two_models, "/demo/") as url:
        yield url


def choose(page: Page, folder: str) -> None:
    page.locator("#model").select_option(folder)
    page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)


def test_a_choice_fetches_the_model_and_recognizes_the_ink_again(open_page, two_models_address, write):
    asked = []
    page = open_page(two_models_address, prepare=lambda page: page.on("request", lambda r: asked.append(r.url)))
    write(page, "4")
    expect(page.locator(f"{FIRST} .glyph")).not_to_have_text("")
    assert not any(DIGITS in url for url in asked)
    choose(page, DIGITS)
    assert any(url.endswith(".onnx") and DIGITS in url for url in asked)
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("4")
    choose(page, "model/")
    page.locator("#clear").click()
    write(page, "田")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("田")


def test_the_choice_is_labelled_and_shows_classes_and_size(open_page, two_models_address):
    page = open_page(two_models_address)
    select = page.get_by_label("Reads", exact=True)
    words = select.locator("option").all_inner_texts()
    assert len(words) == 2
    assert all(re.fullmatch(r"[\d,]+ characters, \d+\.\d MB", text) for text in words), words
    assert words[1].startswith("10 ")


def test_the_choice_is_remembered(open_page, two_models_address, write):
    page = open_page(two_models_address)
    choose(page, DIGITS)
    page.reload()
    page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)
    expect(page.locator("#model")).to_have_value(DIGITS)
    write(page, "7")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("7")


def test_keys_pressed_in_the_choice_do_not_reach_the_pad(open_page, two_models_address, write):
    page = open_page(two_models_address)
    write(page, "田")
    expect(page.locator(FIRST)).to_be_enabled()
    page.locator("#model").focus()
    page.keyboard.press("1")
    expect(page.locator("#line")).to_have_value("")


def test_a_model_that_cannot_be_loaded_leaves_the_previous_one(open_page, two_models_address, write):
    page = open_page(two_models_address, service_workers="block")
    page.watch.allowed += ["Failed to load resource", "registration blocked by Playwright"]
    page.route(f"**/{DIGITS}**/*.onnx", lambda route: route.fulfill(status=404))
    page.locator("#model").select_option(DIGITS)
    expect(page.locator("#trouble-words")).to_contain_text("answered 404", timeout=LOAD_MS)
    write(page, "一")  # above the notice
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("一")
    page.unroute(f"**/{DIGITS}**/*.onnx")
    page.locator("#retry").click()
    page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)
    page.locator("#clear").click()
    write(page, "7")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("7")


def test_the_chosen_model_works_offline(open_page, two_models, write):
    with running_server(two_models, "/demo/") as url:
        page = open_page(url)
        page.watch.allowed += ["Failed to load resource", "ERR_"]
        choose(page, DIGITS)
        page.evaluate("""async () => {
          const kept = async () => (await Promise.all((await caches.keys()).map(async (name) =>
            (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat();
          while (!(await kept()).some((url) => url.includes("models/digits/onnx"))) {
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }""")
    page.reload()  # the server is closed
    page.wait_for_selector("html[data-state=ready]", timeout=LOAD_MS)
    write(page, "4")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("4")
