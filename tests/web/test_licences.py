"""The licences of a model's data are in its site."""

from kakitori.spec import KANJIVG_LICENCE
from web.licences import licence_files, licence_rows
from web.models import join_data

OWN = {"source": "Some set", "url": "https://example.org", "licence": "CC BY 4.0", "attribution": "By somebody."}


def files_of(data):
    return [row["file"] for row in licence_rows(data)]


def test_a_model_of_ink_names_kanjivg_and_no_other_data():
    assert files_of([KANJIVG_LICENCE]) == ["kanjivg.txt", "klee-one.txt", "onnxruntime-web.txt"]


def test_a_model_of_other_data_names_that():
    rows, files = licence_rows([OWN]), licence_files([OWN], b"OFL")
    assert rows[0] == {"file": "data.txt", "name": "Some set", "use": "training data",
                       "licence": "CC BY 4.0", "url": "https://example.org"}  # fmt: skip
    assert files["licences/data.txt"] == b"By somebody.\n\nCC BY 4.0\n\nhttps://example.org\n"
    assert "licences/kanjivg.txt" not in files


def test_a_mixture_has_a_row_for_each_part():
    further = OWN | {"source": "Third", "url": "https://third.org"}
    assert [row["url"] for row in licence_rows([KANJIVG_LICENCE, OWN, further])[:3]] == [
        "https://kanjivg.tagaini.net", "https://example.org", "https://third.org"]  # fmt: skip


def test_a_semicolon_in_a_licence_stays():
    assert licence_rows([KANJIVG_LICENCE, OWN | {"licence": "free; as in beer"}])[1]["licence"] == "free; as in beer"


def test_data_of_several_models_is_joined_and_a_model_without_any_is_of_ink():
    assert join_data([(KANJIVG_LICENCE, OWN), (), (OWN,)]) == [KANJIVG_LICENCE, OWN]


def test_every_row_has_its_file():
    for data in ([], [OWN], [KANJIVG_LICENCE, OWN]):
        assert set(licence_files(data, b"OFL")) == {f"licences/{file}" for file in files_of(data)}
