"""A static server for the finished site, with the headers that a production server should send.

Browsers revalidate a file at every request (ETag): a new build is shown at once, and an unchanged file is not sent
again.
"""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfileobj
from typing import Any
from urllib.parse import unquote, urlsplit

from web.errors import SiteError
from web.policy import HEADERS, ISOLATION_HEADERS

# Not from `mimetypes`, which depends on the system's table: browsers run no module of another type.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".onnx": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
HOST = "127.0.0.1"


class SiteHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD requests with the files of one folder, below one prefix."""

    protocol_version = "HTTP/1.1"
    base_headers = HEADERS

    def __init__(self, *args: Any, folder: Path, prefix: str, isolated: bool, **kwargs: Any) -> None:
        self.folder = folder
        self.prefix = prefix
        self.extra_headers = self.base_headers | (ISOLATION_HEADERS if isolated else {})
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        """Answer with the file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the file's headers."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if path + "/" == self.prefix:
            self._redirect(self.prefix)
            return
        file = self._find(path)
        if file is None:
            self.send(HTTPStatus.NOT_FOUND, {"Content-Type": CONTENT_TYPES[".txt"], "Content-Length": "0"})
        elif file.is_dir():
            self._redirect(path + "/")
        else:
            self._send_file(file, with_body)

    def _find(self, path: str) -> Path | None:
        """Return the file or folder of a URL path, or None if none exists in the served folder, links followed."""
        if not path.startswith(self.prefix) or "\0" in path:
            return None
        index = "index.html" if path.endswith("/") else ""
        file = (self.folder / path.removeprefix(self.prefix) / index).resolve()
        return file if file.is_relative_to(self.folder) and file.exists() else None

    def _send_file(self, file: Path, with_body: bool) -> None:
        with file.open("rb") as stream:
            status = file.stat()
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
            if self.headers.get("If-None-Match") == etag:
                self.send(HTTPStatus.NOT_MODIFIED, {"ETag": etag})
                return
            content_type = CONTENT_TYPES.get(file.suffix, "application/octet-stream")
            self.send(
                HTTPStatus.OK, {"Content-Type": content_type, "Content-Length": str(status.st_size), "ETag": etag}
            )
            if with_body:
                copyfileobj(stream, self.wfile)

    def _redirect(self, location: str) -> None:
        self.send(HTTPStatus.MOVED_PERMANENTLY, {"Location": location, "Content-Length": "0"})

    def send(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        """Send a status, the given headers and those of every response."""
        self.send_response(status)
        for name, value in (headers | self.extra_headers | {"Cache-Control": "no-cache"}).items():
            self.send_header(name, value)
        self.end_headers()


class SiteServer(ThreadingHTTPServer):
    """A server with one thread for each connection; a connection that the browser drops is not an error."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a request, and list its connection, which browsers keep open for further requests."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and unlist it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the port and every open connection."""
        super().server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback of the current exception, except where the browser dropped the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_server(
    folder: Path, port: int = 0, prefix: str = "/", isolated: bool = False,
    handler: Callable[..., SiteHandler] = SiteHandler,
) -> tuple[SiteServer, str]:  # fmt: skip
    """Return a server that is bound to a port, and the site's address; port 0 stands for any free port.

    Raises:
        SiteError: if the folder has no site, the prefix does not begin and end with a slash, or the port is not
            available.
    """
    if not (folder / "index.html").is_file():
        raise SiteError(f"There is no site in {str(folder)!r}: make one with `invoke site`.")
    if not (prefix.startswith("/") and prefix.endswith("/")):
        raise SiteError(f"The prefix {prefix!r} must begin and end with a slash, like '/demo/'.")
    answer = partial(handler, folder=folder.resolve(), prefix=prefix, isolated=isolated)
    try:
        server = SiteServer((HOST, port), answer)
    except (OSError, OverflowError) as problem:
        raise SiteError(f"Port {port} cannot be used ({problem}): choose another, or 0 for a free one.") from problem
    return server, f"http://{HOST}:{server.server_address[1]}{prefix}"


@contextmanager
def running_server(
    folder: Path, prefix: str = "/", isolated: bool = False, handler: Callable[..., SiteHandler] = SiteHandler
) -> Iterator[str]:
    """Serve a folder from a thread and yield its address; the server stops at the end of the block.

    Raises:
        SiteError: as `make_server`.
    """
    server, url = make_server(folder, 0, prefix, isolated, handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(folder: Path, port: int = 0, prefix: str = "/") -> None:
    """Print the address of a folder and serve it until it is interrupted.

    Raises:
        SiteError: as `make_server`.
    """
    server, url = make_server(folder, port, prefix)
    print(f"Serving {folder} at {url} (Ctrl+C stops it)", flush=True)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
