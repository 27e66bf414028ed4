"""The headers and responses of the development server."""

import http.client
from urllib.parse import urlsplit

import pytest

from web.errors import SiteError
from web.serve import make_server, running_server

TYPES = {
    "": "text/html; charset=utf-8",
    "kakitori/ort/ort-wasm-simd-threaded.wasm": "application/wasm",
    "kakitori/ort/ort.wasm.min.mjs": "text/javascript; charset=utf-8",
    "kakitori/index.js": "text/javascript; charset=utf-8",
    "model/config.json": "application/json",
    "favicon.svg": "image/svg+xml",
    "licences/": "text/html; charset=utf-8",
}


def fetch(url: str, path: str = "", method: str = "GET", headers: dict | None = None):
    """Return (response, body), without following redirects or normalising the path."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, parts.path + path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def url(built_site):
    with running_server(built_site, "/demo/") as address:
        yield address


@pytest.mark.parametrize("path", TYPES)
def test_files_have_the_content_type_of_their_suffix(url, path):
    response, body = fetch(url, path)
    assert (response.status, response.headers["Content-Type"]) == (200, TYPES[path])
    assert len(body) == int(response.headers["Content-Length"])


def test_responses_have_the_headers_of_the_policy(url):
    headers = fetch(url)[0].headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
    assert "blob:" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-cache"
    assert "Cross-Origin-Opener-Policy" not in headers


def test_isolation_headers_are_sent_on_request(built_site):
    with running_server(built_site, isolated=True) as address:
        headers = fetch(address)[0].headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"


def test_an_unchanged_file_is_not_sent_again(url):
    etag = fetch(url)[0].headers["ETag"]
    response, body = fetch(url, headers={"If-None-Match": etag})
    assert (response.status, body) == (304, b"")
    assert fetch(url, headers={"If-None-Match": '"other"'})[0].status == 200


def test_head_answers_with_headers_only(url):
    response, body = fetch(url, "index.html", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["missing.js", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "missing/"])
def test_paths_outside_the_site_are_not_found(url, path):
    assert fetch(url, path)[0].status == 404


def test_folders_are_redirected_to_their_slash(url):
    for address, path, location in [(url, "licences", "/demo/licences/"), (url.removesuffix("/"), "", "/demo/")]:
        response, _ = fetch(address, path)
        assert (response.status, response.headers["Location"]) == (301, location)


def test_paths_outside_the_prefix_are_not_found(url):
    assert fetch(url.removesuffix("demo/"), "index.html")[0].status == 404


def test_wrong_folders_prefixes_and_ports_are_refused(tmp_path, built_site):
    with pytest.raises(SiteError, match=r"no site in .*invoke site"):
        make_server(tmp_path)
    with pytest.raises(SiteError, match="must begin and end with a slash"):
        make_server(built_site, prefix="demo")
    with pytest.raises(SiteError, match="Port 70000 cannot be used"):
        make_server(built_site, 70000)
    server, address = make_server(built_site)
    with server, pytest.raises(SiteError, match="choose another, or 0 for a free one"):
        make_server(built_site, urlsplit(address).port)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("site")
    (site / "sub" / "index.html").symlink_to(tmp_path / "secret")
    (site / "file").symlink_to(tmp_path / "secret")
    with running_server(site) as address:
        assert [fetch(address, path)[0].status for path in ("", "file", "sub/", "sub/index.html")] == [
            200, 404, 404, 404]  # fmt: skip


def test_connections_that_a_browser_keeps_open_end_with_the_server(built_site):
    with running_server(built_site) as address:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        connection.request("HEAD", "/")
        connection.getresponse().read()
    assert connection.sock.recv(1) == b""
    connection.close()
