"""The library as other pages import it: the same candidates as Python, errors, and closing."""

import pytest

from kakitori.recognizer import Recognizer

FIXTURES = "田町書愛きんあ語一口国曜鬼飛龍凸右石"
TOP_K = 10
# Native and WebAssembly kernels round INT8 differently: candidates this close in probability may change places.
TOLERANCE = 0.02
IMPORT = 'const { createRecognizer } = await import("/demo/kakitori/index.js");'


@pytest.fixture(scope="module")
def library(browser, address):
    """Return a function that runs JavaScript with `createRecognizer`, `recognizer`, an open one, and `argument`."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(address + "licences/")
    page.evaluate(f"async () => {{ {IMPORT} window.recognizer = await createRecognizer(); }}")
    yield lambda body, argument=None: page.evaluate(
        f"async (argument) => {{ {IMPORT} const {{ recognizer }} = window; {body} }}", argument
    )
    context.close()


def test_the_same_candidates_as_python(library, model_dir, strokes_of):
    drawings = [strokes_of(character) for character in FIXTURES]
    answers = library(
        f"""const answers = [];
      for (const strokes of argument) {{
        answers.push(await recognizer.recognize(strokes, {{ topK: {TOP_K} }}));
      }}
      return answers;""",
        drawings,
    )
    reader = Recognizer.load(model_dir)
    for character, drawing, answer in zip(FIXTURES, drawings, answers, strict=True):
        result = reader.recognize(drawing, 10 * TOP_K)
        expected = {c.index: c for c in result.candidates}
        tenth = result.candidates[TOP_K - 1].probability
        assert (len(answer["candidates"]), answer["unsure"]) == (TOP_K, result.unsure)
        assert answer["candidates"][0]["index"] == result.candidates[0].index, character
        for found in answer["candidates"]:
            ours = expected[found["index"]]
            assert (found["char"], found["jis"], found["codePoint"]) == (ours.char, ours.jis, ours.code_point)
            assert found["probability"] == pytest.approx(ours.probability, abs=TOLERANCE), character
            assert ours.probability >= tenth - TOLERANCE, f"{ours.char} is not in Python's top 10 of {character}"


def test_ink_of_a_character_is_not_unsure_and_no_ink_is(library, strokes_of):
    answers = "[await recognizer.recognize(argument), await recognizer.recognize([])].map(({ unsure }) => unsure)"
    assert library(f"return {answers};", strokes_of("田")) == [False, True]


NO_INK = {"candidates": [], "unsure": True}


def test_no_ink_no_candidates(library):
    assert library("return [await recognizer.recognize([]), await recognizer.recognize([[], []])];") == [NO_INK, NO_INK]
    blank = "recognizer.recognizeImage(new ImageData(new Uint8ClampedArray(4 * 64).fill(255), 8, 8))"
    assert library(f"return {blank};") == NO_INK


def test_a_picture_is_recognized(library, strokes_of):
    result = library(
        """
      const canvas = new OffscreenCanvas(300, 200);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.fillStyle = "#f4ecd8";
      context.fillRect(0, 0, 300, 200);
      context.strokeStyle = "#203060";
      context.lineWidth = 5;
      for (const stroke of argument) {
        context.beginPath();
        for (const [x, y] of stroke) context.lineTo(60 + 150 * x, 20 + 150 * y);
        context.stroke();
      }
      return recognizer.recognizeImage(context.getImageData(0, 0, 300, 200), { topK: 5 });""",
        strokes_of("田"),
    )
    assert result["candidates"][0]["char"] == "田"


@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        ("recognizer.recognize('x')", "TypeError", "expected a list of strokes"),
        ("recognizer.recognize([[[0, NaN]]])", "RangeError", "finite numbers"),
        ("recognizer.recognize([[[0, 1]]], { topK: 0 })", "RangeError", "a whole number of at least 1"),
        ("recognizer.recognize([[[0, 1]]], { pad: 300 })", "TypeError", "expected {width, height}"),
        ("recognizer.recognizeImage({})", "TypeError", "expected an ImageData"),
        ("createRecognizer({ variant: 'tract.fp32' })", "Error", "choose one of strict.int8"),
        ("createRecognizer({ baseUrl: '/demo/nowhere' })", "Error", ".json answered 404: is the whole folder"),
        ("recognizer.recognize([[[0, 1]]], { signal: AbortSignal.abort() })", "AbortError", "abort"),
    ],
)
def test_errors_name_the_wrong_value(library, call, name, message):
    error = library(f"try {{ await {call}; return null; }} catch (error) {{ return [error.name, error.message]; }}")
    assert error[0] == name
    assert message in error[1]


def test_close_rejects_open_and_later_calls(library):
    messages = library("""
      const other = await createRecognizer();
      const open = [1, 2, 3].map(() => other.recognize([[[0, 0], [1, 1]]]));
      other.close();
      other.close();
      open.push(other.recognize([[[0, 0], [1, 1]]]));
      return (await Promise.allSettled(open)).map(({ status, reason }) => `${status}: ${reason.message}`);""")
    assert len(messages) == 4
    assert set(messages) == {"rejected: The recognizer was closed: create a new one with createRecognizer()."}


def test_answers_keep_their_order_and_aborted_jobs_are_dropped(library, strokes_of):
    answers = library(
        """
      const controller = new AbortController();
      const options = [{}, { signal: controller.signal }, {}];
      const jobs = argument.map((strokes, i) => recognizer.recognize(strokes, options[i]));
      controller.abort();
      const settled = await Promise.allSettled(jobs);
      return settled.map(({ value, reason }) => value ? value.candidates[0].char : reason.name);""",
        [strokes_of(character) for character in "田口一"],
    )
    assert answers == ["田", "AbortError", "一"]
