"""The pages, style sheets and scripts that are rendered from templates. Pure."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web.npm import WEB_DIR
from web.policy import CONTENT_SECURITY_POLICY

TEMPLATES_DIR = WEB_DIR / "templates"
PAGES = {"index.html": "index.html.j2", "licences/index.html": "licences.html.j2"}
FONT_CSS = "fonts/klee-one.css"
SERVICE_WORKER = "sw.js"


def megabytes(size_bytes: int) -> str:
    """Return a size in decimal megabytes: "14.2 MB"."""
    return f"{size_bytes / 1e6:.1f} MB"


@cache
def environment() -> Environment:
    """Return the Jinja environment: a missing value is an error, and every value is escaped."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters["megabytes"] = megabytes
    jinja.globals["policy"] = CONTENT_SECURITY_POLICY
    return jinja


def render_pages(context: dict[str, Any]) -> dict[str, str]:
    """Return {path: text} of the pages.

    Args:
        context: `models`, a list of `web.context.site_context`; `download`, `has_report` and `licences` of `web.build`.
    """
    jinja = environment()
    return {path: jinja.get_template(template).render(context) for path, template in PAGES.items()}


def render_font_css(faces: list[Any], folder: str = "klee-one") -> dict[str, str]:
    """Return {path: text} of the style sheet that declares the font slices (`web.fonts.Face`)."""
    return {FONT_CSS: environment().get_template("fonts.css.j2").render(faces=faces, folder=folder)}


def render_service_worker(
    version: str, core: dict[str, str], chosen: dict[str, str], extra: dict[str, str]
) -> dict[str, str]:
    """Return {path: text} of the service worker.

    Args:
        version: of the site; differs if any file does.
        core: {path: hex SHA-256} of the files that the page needs to work offline.
        chosen: likewise, of the files that are cached when they are first used (the models after the first).
        extra: likewise, of the files that are fetched when the page is idle (the font).
    """
    text = environment().get_template("sw.js.j2").render(version=version, core=core, chosen=chosen, extra=extra)
    return {SERVICE_WORKER: text}
