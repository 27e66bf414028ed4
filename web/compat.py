"""The page of the compatibility matrix, compat.html, from compat.json. Pure, apart from the static files it reads."""

from collections import Counter
from dataclasses import dataclass

from kakitori.schemas.compat import Matrix, MatrixSubject
from web.npm import WEB_DIR
from web.render import environment

COMPAT_PAGE = "compat.html"
TEMPLATE = "compat.html.j2"
STATIC_FILES = ("page/paper.css", "page/compat.css", "favicon.svg")  # the site's files that the page loads


@dataclass(frozen=True)
class Group:
    """The subjects of one model, backend and pooling."""

    model: str
    backend: str
    pooling: str
    subjects: list[MatrixSubject]


def render_compat(matrix: Matrix) -> dict[str, str]:
    """Return {path: text} of the page and the static files that it needs outside the site."""
    static = {path: (WEB_DIR / "static" / path).read_text(encoding="utf-8") for path in STATIC_FILES}
    return static | render_compat_page(matrix, home=None)


def render_compat_page(matrix: Matrix, home: str | None) -> dict[str, str]:
    """Return {path: text} of the page alone; `home` is the target of its link back, None for no link."""
    page = environment().get_template(TEMPLATE).render(
        result=matrix, home=home, groups=group_subjects(matrix.subjects), reasons=number_reasons(matrix),
        counts=count_statuses(matrix),
    )  # fmt: skip
    return {COMPAT_PAGE: page}


def group_subjects(subjects: list[MatrixSubject]) -> list[Group]:
    """Return the subjects by model, backend and pooling, in order of first appearance."""
    groups: dict[tuple[str, str, str], list[MatrixSubject]] = {}
    for subject in subjects:
        groups.setdefault((subject.model, subject.backend, subject.pooling), []).append(subject)
    return [Group(*key, rows) for key, rows in groups.items()]


def number_reasons(matrix: Matrix) -> dict[str, int]:
    """Return each reason of a cell that is not green, with its number in the page's list, in reading order."""
    reasons = dict.fromkeys(cell.reason for cell in matrix.cells() if cell.reason)
    return {reason: number for number, reason in enumerate(reasons, 1)}


def count_statuses(matrix: Matrix) -> dict[str, Counter[str]]:
    """Return the number of cells by column name and status."""
    return {
        column.name: Counter(subject.cells[column.name].status for subject in matrix.subjects)
        for column in matrix.columns
    }
