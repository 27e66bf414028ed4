"""The page of the compatibility matrix, from the plain values of compat.json."""

from collections import Counter
from typing import Any

from web.npm import WEB_DIR
from web.render import environment

COMPAT_PAGE = "compat.html"
TEMPLATE = "compat.html.j2"
STATIC_FILES = ("page/paper.css", "page/compat.css", "favicon.svg")  # those of the site that the page needs
GROUP_FIELDS = ("model", "backend", "pooling")


def render_compat(result: dict[str, Any]) -> dict[str, str]:
    """Return {path: text} of the page and of the files that it needs outside the site."""
    static = {path: (WEB_DIR / "static" / path).read_text(encoding="utf-8") for path in STATIC_FILES}
    return static | render_compat_page(result, home=None)


def render_compat_page(result: dict[str, Any], home: str | None) -> dict[str, str]:
    """Return {path: text} of the page alone; `home` is the address of its link back, None for no link."""
    reasons = number_reasons(result)
    page = environment().get_template(TEMPLATE).render(
        result=result, home=home, groups=group_subjects(result["subjects"]), reasons=reasons,
        summary=[summarise(column, result["subjects"]) for column in result["columns"]],
    )  # fmt: skip
    return {COMPAT_PAGE: page}


def group_subjects(subjects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the subjects grouped by model, backend and pooling, in the order of each group's first subject."""
    groups: dict[tuple, list] = {}
    for subject in subjects:
        groups.setdefault(tuple(subject[name] for name in GROUP_FIELDS), []).append(subject)
    return [dict(zip(GROUP_FIELDS, key, strict=True)) | {"subjects": rows} for key, rows in groups.items()]


def number_reasons(result: dict[str, Any]) -> dict[str, int]:
    """Return {reason: its number in the page's list}, in the order of the cells that have one."""
    reasons = dict.fromkeys(
        cell["reason"] for subject in result["subjects"] for cell in subject["cells"].values() if cell["reason"]
    )
    return {reason: number for number, reason in enumerate(reasons, 1)}


def summarise(column: dict[str, Any], subjects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a column with the number of its cells by status."""
    return column | {"counts": Counter(subject["cells"][column["name"]]["status"] for subject in subjects)}
