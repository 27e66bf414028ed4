"""Loading of the page: progress, errors, without a network, after a new build, and without a secure context."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

from web.serve import running_server

FIRST = "#board li:first-child .card"
NETWORK_TROUBLE = ["Failed to load resource", "ERR_", "registration blocked by Playwright"]


def wait_until_kept(page) -> None:
    """Wait until the service worker controls the page and has cached a whole build."""
    page.evaluate("""async () => {
      await navigator.serviceWorker.ready;
      while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 50));
    }""")


def test_progress_is_shown_in_bytes(open_page):
    words = []

    def watch(page):
        page.expose_function("note", lambda text: words.append(text))
        page.add_init_script("""addEventListener("DOMContentLoaded", () => {
          const target = document.getElementById("loading-words");
          new MutationObserver(() => note(target.textContent)).observe(target, { childList: true });
        });""")

    page = open_page(prepare=watch)
    expect(page.locator("#loading")).to_be_hidden()
    assert any(re.fullmatch(r"Fetching the model: \d+\.\d of \d+\.\d MB", text) for text in words), words
    expect(page.locator("#invite")).to_be_visible()


def test_a_missing_model_is_explained_and_loaded_again_on_request(open_page, write):
    page = open_page(
        ready=False,
        prepare=lambda page: page.route("**/*.onnx", lambda route: route.fulfill(status=404)),
        service_workers="block",
    )
    page.watch.allowed += NETWORK_TROUBLE
    expect(page.locator("#trouble-words")).to_contain_text("answered 404", timeout=60_000)
    page.unroute("**/*.onnx")
    write(page, "一")  # ink that waits for the model, above the notice
    page.locator("#retry").click()
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("一", timeout=60_000)
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_damaged_model_is_refused(open_page, site):
    network = next((site / "model/onnx").iterdir()).read_bytes()
    damaged = network[:-1] + bytes([network[-1] ^ 1])
    page = open_page(
        ready=False,
        service_workers="block",
        prepare=lambda page: page.route("**/*.onnx", lambda route: route.fulfill(body=damaged)),
    )
    expect(page.locator("#trouble-words")).to_contain_text("expected", timeout=60_000)
    expect(page.locator("#trouble-words")).to_contain_text("SHA-256")


@pytest.mark.parametrize(("name", "path", "value"), [
    ("config", ("digest",), "sha256:" + "0" * 64),
    ("config", ("confidence", "threshold"), 0.5),
    ("config", ("weights",), "0" * 64),
    ("mapping", ("class_to_jis", "7"), "2121"),
    ("manifest", ("model_digest",), "sha256:" + "0" * 64),
])  # fmt: skip
def test_files_of_different_models_are_refused(open_page, site, name, path, value):
    document = json.loads((site / f"model/{name}.json").read_text(encoding="utf-8"))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    page = open_page(
        ready=False,
        service_workers="block",
        prepare=lambda page: page.route(f"**/{name}.json", lambda route: route.fulfill(json=document)),
    )
    expect(page.locator("#trouble-words")).to_contain_text("the files belong to different models", timeout=60_000)


def test_a_second_visit_works_offline_and_a_new_build_is_shown_at_once(open_page, site, tmp_path, write):
    copy = tmp_path / "dist"
    shutil.copytree(site, copy)
    with running_server(copy, "/demo/") as url:
        page = open_page(url)
        page.watch.allowed += NETWORK_TROUBLE
        wait_until_kept(page)
        index = copy / "index.html"
        index.write_text(index.read_text(encoding="utf-8").replace("<title>", "<title>New: "), encoding="utf-8")
        page.reload()
        assert page.title().startswith("New: ")
        page.wait_for_selector("html[data-state=ready]", timeout=60_000)
    page.reload()  # the server is closed
    assert page.title().startswith("kakitori"), "the last whole build"
    page.wait_for_selector("html[data-state=ready]", timeout=60_000)
    write(page, "田")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("田")


def test_an_insecure_page_recognizes_too_and_says_that_offline_use_needs_https(open_page, address, write):
    page = open_page(address.replace("127.0.0.1", "kakitori.test"))
    assert page.evaluate("isSecureContext") is False
    write(page, "田")
    expect(page.locator(f"{FIRST} .glyph")).to_have_text("田")
    expect(page.locator("#offline")).to_contain_text("https")


def test_an_isolated_page_recognizes(open_page, site, write):
    with running_server(site, "/demo/", isolated=True) as url:
        page = open_page(url)
        assert page.evaluate("crossOriginIsolated") is True
        write(page, "田")
        expect(page.locator(f"{FIRST} .glyph")).to_have_text("田")
        page.context.close()
