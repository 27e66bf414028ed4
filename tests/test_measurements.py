"""docs/measurements.md: links lead to its sections, each section is linked and dated, and the commands exist."""

import re
import shlex
from pathlib import Path

import pytest

# Where links are: the folders with node_modules below them are not searched at any depth.
PATTERNS = ("*.*", "*/*.*", "docs/**/*", "export/**/*", "kakitori/**/*", "training/**/*", "wasm-check/probe/**/*",
            "wasm-check/wasm_check/**/*", "web/static/**/*", "web/templates/**/*")  # fmt: skip
SUFFIXES = {".css", ".j2", ".js", ".md", ".py", ".toml"}
LINK = re.compile(r"measurements\.md(?:#([\w-]+))?")
DATE = re.compile(r"\b20\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])\b")


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.fixture(scope="module")
def text(root) -> str:
    return (root / "docs/measurements.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sections(text) -> dict[str, str]:
    """The text of each section (of the third level) by its anchor."""
    parts = re.split(r"^### (.+)\n", re.sub(r"^## .+\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    return dict(zip(map(anchor, parts[::2]), parts[1::2], strict=True))


@pytest.fixture(scope="module")
def links(root) -> list[tuple[str, str]]:
    """File and anchor ("" for none) of each link to the document."""
    found = {path for pattern in PATTERNS for path in root.glob(pattern) if path.suffix in SUFFIXES}
    return [(path.relative_to(root).as_posix(), match[1] or "")
            for path in sorted(found - {Path(__file__)})
            for match in LINK.finditer(path.read_text(encoding="utf-8"))]  # fmt: skip


def commands_in(text: str) -> list[list[str]]:
    """Return the words of each command that a document names in backticks."""
    spans = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text))
    return [shlex.split(span) for span in spans if span.startswith(("invoke ", "python -m "))]


def test_every_section_has_a_heading_of_its_own(text, sections):
    assert len(sections) == len(re.findall(r"^### ", text, re.MULTILINE))


def test_every_link_leads_to_a_section(text, sections, links):
    groups = {anchor(heading) for heading in re.findall(r"^## (.+)", text, re.MULTILINE)}
    assert [link for link in links if link[1] and link[1] not in sections.keys() | groups] == []


def test_every_link_in_code_names_a_section(links):
    assert [file for file, section in links if not section and not file.endswith(".md")] == []


def test_every_section_is_linked(sections, links):
    assert sections.keys() - {section for _, section in links} == set()


def test_every_section_has_a_date(sections):
    assert [name for name, body in sections.items() if not DATE.search(body)] == []


def test_every_command_exists(root, text):
    import tasks

    commands = commands_in(text)
    assert len(commands) > 10
    for program, *words in commands:
        if program == "python":
            module = root / Path(*words[1].split("."))
            assert module.with_suffix(".py").is_file(), words
            continue
        known = {flag for argument in tasks.ns[words[0]].get_arguments() for flag in argument.names}
        flags = {word.lstrip("-") for word in words if word.startswith("--")}
        assert {flag.replace("-", "_") for flag in flags} <= {name.rstrip("_").replace("-", "_") for name in known}, (
            words
        )
