"""docs/results.md and the README's results are those of the measured files, and are renewed with them."""

import json
import shutil

import msgspec
import pytest

from export.report.documents import SHIPPED, make_results, replace_tables, summary_tables, write_reports
from export.report.tables import ablation_table, variants_table
from kakitori.errors import KakitoriError
from kakitori.model_directory import read_manifest
from kakitori.schemas.bench import Bench
from kakitori.schemas.evaluation import Ablation
from kakitori.schemas.reader import read_document

MARKERS = "<!-- results:begin -->\n<!-- results:end -->\n"


@pytest.fixture
def checkout(root, tmp_path):
    """A folder with the JSON files of the shipped models and a README without results."""
    for name in SHIPPED:
        (tmp_path / "models" / name).mkdir(parents=True)
        for path in (root / "models" / name).glob("*.json"):
            shutil.copy(path, tmp_path / "models" / name)
    (tmp_path / "README.md").write_text(MARKERS, encoding="utf-8")
    return tmp_path


def test_the_readmes_results_are_those_of_the_measured_files(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert replace_tables(readme, summary_tables(root)) == readme, "run `invoke bench`"


def test_the_page_of_results_is_that_of_the_measured_files(root):
    assert (root / "docs/results.md").read_text(encoding="utf-8") == make_results(root), "run `invoke bench`"


def test_the_table_of_the_inks_effects_is_that_of_the_measured_file(root):
    text = (root / "training/README.md").read_text(encoding="utf-8")
    table = ablation_table(read_document(root / "docs/ablation.json", Ablation))
    assert replace_tables(text, {"ablation": table}) == text, "run `invoke ablate`"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_latencies_are_of_the_exported_files(name, root):
    folder = root / "models" / name
    exported = {row.variant: row.sha256 for row in read_manifest(folder).files}
    assert {row.variant: row.sha256 for row in read_document(folder / "bench.json", Bench).files} == exported


@pytest.mark.parametrize("name", SHIPPED)
def test_the_accuracies_are_not_older_than_the_weights(name, root):
    folder = root / "models" / name
    finished = json.loads((folder / "config.json").read_text(encoding="utf-8"))["training"]["finished"]
    entries = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert [entry for entry in entries if entry["date"] < finished] == []


def test_a_new_figure_of_a_shipped_model_renews_card_readme_and_results(checkout):
    model = checkout / "models" / "kanji-wide"
    path = model / "evaluation.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    for entry in entries:
        for row in entry["rows"]:
            if entry["measure"] == "accuracy" and row["source"] == "tegaki-katakana":
                row["top1_percent"] = 12.34
    path.write_text(json.dumps(entries), encoding="utf-8")
    written = write_reports(model, checkout)
    assert written == [model / "README.md", checkout / "README.md", checkout / "docs" / "results.md"]
    assert "| Tegaki: katakana of one writer |  | 12.3 / 100.0 of 73 |" in written[1].read_text(encoding="utf-8")
    for document in (written[0], written[2]):
        assert "| 12.34 % |" in document.read_text(encoding="utf-8")


def test_another_model_leaves_the_documents_as_they_are(checkout):
    other = shutil.copytree(checkout / "models" / "kanji", checkout / "runs" / "kanji")
    assert write_reports(other, checkout) == [other / "README.md"]
    assert (checkout / "README.md").read_text(encoding="utf-8") == MARKERS


def test_the_latency_of_an_earlier_file_is_not_shown(root):
    folder = root / "models" / "kanji"
    manifest, bench = read_manifest(folder), read_document(folder / "bench.json", Bench)
    earlier = msgspec.structs.replace(bench.files[0], sha256="0" * 64)
    shown = variants_table(manifest, msgspec.structs.replace(bench, files=[earlier, *bench.files[1:]]))
    without_latency = [line for line in shown.splitlines() if line.startswith("| ") and line.endswith("|  |")]
    assert [line.split(" ")[1] for line in without_latency] == [earlier.variant]


def test_a_document_without_the_marker_is_an_error():
    with pytest.raises(KakitoriError, match="lacks the markers <!-- results:begin -->"):
        replace_tables("no marker", {"results": "a table"})
