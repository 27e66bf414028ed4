"""The terms of what a model learnt from travel with its page."""

from web.licences import licence_files, licence_rows

OWN = {"source": "Some set", "url": "https://example.org", "licence": "CC BY 4.0", "attribution": "By somebody."}


def files_of(data):
    return [row["file"] for row in licence_rows(data)]


def test_a_model_of_ink_names_kanjivg_and_no_other_data():
    assert files_of({"source": "KanjiVG"}) == files_of({}) == ["kanjivg.txt", "klee-one.txt", "onnxruntime-web.txt"]


def test_a_model_of_other_data_names_that():
    rows, files = licence_rows(OWN), licence_files(OWN, b"OFL")
    assert rows[0] == {"file": "data.txt", "name": "Some set", "use": "what the model learnt from",
                       "licence": "CC BY 4.0", "url": "https://example.org"}  # fmt: skip
    assert files["licences/data.txt"] == b"By somebody.\n\nCC BY 4.0\n\nhttps://example.org\n"
    assert "licences/kanjivg.txt" not in files


def test_a_mixture_names_both():
    assert files_of(OWN | {"source": "KanjiVG; Some set"})[:2] == ["kanjivg.txt", "data.txt"]


def test_the_row_of_the_rest_of_a_mixture_tells_of_the_rest_alone():
    mixture = {"source": "KanjiVG; Some set", "licence": "CC BY-SA 3.0; free; as in beer",
               "url": "https://kanjivg.tagaini.net; https://example.org"}  # fmt: skip
    row = licence_rows(mixture)[1]
    assert (row["name"], row["licence"], row["url"]) == ("Some set", "free; as in beer", "https://example.org")


def test_a_licence_that_both_have_stays():
    row = licence_rows({"source": "KanjiVG; Some set", "licence": "CC BY-SA 3.0", "url": "https://example.org"})[1]
    assert row["licence"] == "CC BY-SA 3.0"


def test_every_row_has_its_file():
    for data in ({}, OWN, OWN | {"source": "KanjiVG; Some set"}):
        assert set(licence_files(data, b"OFL")) == {f"licences/{file}" for file in files_of(data)}
