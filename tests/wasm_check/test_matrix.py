"""The matrix of a plan and the files of its report."""

import csv
import dataclasses
import io
import re

import pytest
from rich.console import Console

from export.report.compat_table import compat_rows
from kakitori.errors import KakitoriError
from kakitori.schemas.compat import GREEN, GREY, Refused, read_matrix
from tests.wasm_check.tiny import make_subject, write_classifier
from wasm_check.drivers.browsers import open_browser
from wasm_check.engines import ENGINES, select_columns
from wasm_check.errors import Unavailable
from wasm_check.matrix import run_matrix
from wasm_check.plan import Plan, legal_variants, refused_combinations
from wasm_check.report import Partial, make_csv, write_report
from wasm_check.runner import run_column
from web.browsers import BROWSERS


@pytest.fixture(scope="module")
def silent():
    return Console(file=io.StringIO())


@pytest.fixture(scope="module")
def result(suite, tmp_path_factory, silent):
    """Two files in two native engines; the second file holds an operator that does not exist."""
    folder = tmp_path_factory.mktemp("files")
    tiny = make_subject(write_classifier(folder / "tiny.onnx"))
    unknown = make_subject(write_classifier(folder / "unknown.onnx", "Quantumize", "org.example"))
    plan = Plan([tiny, unknown], [suite], [Refused(backend="strict", pooling="avg_2x2", reason="no")])
    return run_matrix(plan, select_columns(["onnxruntime", "tract"], []), 60, silent)


def test_every_cell_is_judged(result):
    assert [cell.status for cell in result.cells()] == [GREEN, GREEN, GREY, GREY]


def test_a_missing_operator_is_named_in_one_line(result):
    cells = result.subjects[1].cells
    assert re.fullmatch(r"onnxruntime [\d.]+ has no operator org\.example:Quantumize\.", cells["onnxruntime"].reason)
    assert re.fullmatch(r"tract [\d.]+ has no operator Quantumize\.", cells["tract"].reason)
    assert "Unimplemented(Quantumize)" in cells["tract"].error
    assert "\n" not in cells["tract"].error
    assert "backtrace" not in cells["tract"].error


def test_what_is_written_is_read(result, tmp_path):
    write_report(result, tmp_path)
    assert read_matrix(tmp_path / "compat.json") == result


@pytest.fixture
def no_browsers(monkeypatch, tmp_path):
    """Hide the browsers of this machine."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_missing_browser_is_named_with_the_command_that_installs_it(browser, no_browsers):
    with pytest.raises(Unavailable, match=r"is not on this machine: apt-get install"), open_browser(browser):
        pass


def test_the_cell_of_a_missing_browser_is_grey_with_the_reason(subject, suite, silent, no_browsers, tmp_path):
    result = run_matrix(Plan([subject], [suite]), select_columns(["ort-web"], ["chromium"]), 60, silent)
    [cell] = result.cells()
    assert cell.status == GREY
    assert "apt-get install" in cell.reason
    write_report(result, tmp_path)
    assert (tmp_path / "compat.html").read_text(encoding="utf-8").count(cell.reason) == 3  # cell, list, figures


def test_what_takes_too_long_is_grey_with_the_reason(subject, suite, silent):
    other = dataclasses.replace(subject, facts=dataclasses.replace(subject.facts, backend="tract"))
    result = run_matrix(Plan([other], [suite]), select_columns(["ort-web-webgpu"], ["chromium"]), 60, silent)
    [cell] = result.cells()
    assert (cell.status, "Not run" in cell.reason) == (GREY, True)


def test_an_interrupted_matrix_goes_on_with_the_engine_it_was_at(subject, suite, silent, tmp_path, monkeypatch):
    plan, columns = Plan([subject], [suite]), select_columns(["onnxruntime", "tract"], [])
    run = []

    def interrupt_after_tract(column, *arguments):
        run.append(column.name)
        if len(run) == 3:
            raise KeyboardInterrupt
        return run_column(column, *arguments)

    monkeypatch.setattr("wasm_check.matrix.run_column", interrupt_after_tract)
    kept = run_matrix(plan, columns, 60, silent, Partial(tmp_path, plan))
    with pytest.raises(KeyboardInterrupt):
        run_matrix(plan, columns, 60, silent, Partial(tmp_path, plan))
    again = run_matrix(plan, columns, 60, silent, Partial(tmp_path, plan))
    # ONNX Runtime, which the others are compared with, is run each time.
    assert run == ["onnxruntime", "tract", "onnxruntime", "onnxruntime"]
    assert again.subjects[0].cells["tract"] == kept.subjects[0].cells["tract"]
    assert again.columns == kept.columns
    other = dataclasses.replace(subject, facts=dataclasses.replace(subject.facts, sha256="1" * 64))
    assert Partial(tmp_path, Plan([other], [suite])).load(columns[1]) is None


def test_the_csv_has_a_line_for_every_cell(result):
    rows = list(csv.DictReader(io.StringIO(make_csv(result))))
    assert [(row["name"], row["column"], row["status"]) for row in rows] == [
        ("tiny", "onnxruntime", GREEN), ("tiny", "tract", GREEN),
        ("unknown", "onnxruntime", GREY), ("unknown", "tract", GREY),
    ]  # fmt: skip


def test_the_page_shows_every_reason_verbatim_and_asks_no_other_server(result, tmp_path):
    write_report(result, tmp_path / "report")
    page = (tmp_path / "report" / "compat.html").read_text(encoding="utf-8")
    assert page.count("Quantumize") >= 2
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', page) == ["favicon.svg", "page/paper.css", "page/compat.css"]
    for path in ("page/paper.css", "page/compat.css", "favicon.svg"):
        assert (tmp_path / "report" / path).is_file()


def test_the_summary_counts_the_cells_of_each_engine(result):
    assert [row[2:5] for row in compat_rows(result)] == [["1", "0", "1"], ["1", "0", "1"]]


def test_columns_are_engines_times_their_browsers():
    names = [column.name for column in select_columns([], [])]
    assert len(names) == sum(len(engine.browsers) or 1 for engine in ENGINES.values()) == len(set(names))
    assert [column.name for column in select_columns(["ort-web", "tract"], ["webkit"])] == ["tract", "ort-web/webkit"]


@pytest.mark.parametrize(("engines", "browsers"), [(["netscape"], []), ([], ["netscape"])])
def test_unknown_names_are_refused(engines, browsers):
    with pytest.raises(KakitoriError, match="netscape"):
        select_columns(engines, browsers)


def test_every_backend_and_pooling_is_exported_or_refused_with_a_reason():
    exported = {(v.backend.name, v.pooling) for trained in ("adaptive_avg", "adaptive_max", "avg_2x2", "max_2x2")
                for v in legal_variants(trained)}  # fmt: skip
    refused = {(row.backend, row.pooling) for row in refused_combinations() if row.reason}
    assert len(exported | refused) == 3 * 6
    assert not exported & refused
