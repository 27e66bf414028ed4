"""The packages and the imports between them, read from the syntax trees."""

import ast
import subprocess
import sys
from pathlib import Path

FOLDERS = {"kakitori": "kakitori", "training": "training", "export": "export", "web": "web",
           "wasm_check": "wasm-check/wasm_check"}  # fmt: skip
# Each room, and the rooms whose modules it may import beside its own.
MAY_IMPORT = {
    "kakitori": (),
    "training.progress": ("kakitori",),
    "training.ink": ("kakitori", "training.progress"),
    "training.data": ("kakitori", "training.progress", "training.ink"),
    "training.models": ("kakitori",),
    "training.compress": ("kakitori", "training.models"),
    "training.evaluation": ("kakitori", "training.progress", "training.ink", "training.data"),
    "training.fit": ("kakitori", "training"),
    "export": ("kakitori", "training"),
    "web": ("kakitori",),
    "wasm_check": ("kakitori", "training", "export", "web"),
}
# What the installed package never loads, wherever it stands in it.
HEAVY = {"torch", "numba"}
# Names and tables: `invoke --list` and the site generator load them, so they need only the standard library
# and msgspec.
VOCABULARY = ("kakitori.charset", "kakitori.etl_characters", "kakitori.spec", "kakitori.errors", "kakitori.files",
              "kakitori.homoglyphs", "kakitori.schemas.config", "kakitori.schemas.reader",
              "export.backends")  # fmt: skip
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60


def modules(root):
    for room, folder in FOLDERS.items():
        paths = sorted((root / folder).rglob("*.py"))
        assert paths, folder
        for path in paths:
            if "node_modules" not in path.parts:
                name = ".".join((room, *path.relative_to(root / folder).with_suffix("").parts))
                yield name.removesuffix(".__init__"), ast.parse(path.read_text(encoding="utf-8")), path


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module


def room_of(module):
    return max((room for room in MAY_IMPORT if f"{module}.".startswith(f"{room}.")), key=len, default=None)


def is_below(module, package):
    return f"{module}.".startswith(f"{package}.")


def test_rooms_import_only_what_stands_before_them(root):
    for name, tree, _ in modules(root):
        room = room_of(name)
        for imported in imports(tree):
            if imported.split(".")[0] in FOLDERS and room:
                allowed = (room, *MAY_IMPORT[room])
                assert any(is_below(imported, package) for package in allowed), f"{name} imports {imported}"


def test_the_installed_package_needs_neither_torch_nor_numba(root):
    for name, tree, _ in modules(root):
        if is_below(name, "kakitori"):
            assert not HEAVY & {imported.split(".")[0] for imported in imports(tree)}, name


def test_vocabulary_needs_the_standard_library_and_msgspec_only(root):
    for name, tree, _ in modules(root):
        if name in VOCABULARY:
            for imported in imports(tree):
                top = imported.split(".")[0]
                is_light = top in {*sys.stdlib_module_names, "msgspec"} or imported in VOCABULARY
                assert is_light, f"{name} imports {imported}"


def test_every_room_says_what_lives_there_and_what_it_may_import(root):
    for room in MAY_IMPORT:
        package, *rest = room.split(".")
        text = ast.get_docstring(ast.parse((root / FOLDERS[package] / Path(*rest) / "__init__.py").read_text("utf-8")))
        assert "ay import" in text, room


def test_vocabulary_and_tasks_leave_torch_and_numpy_unloaded(root):
    code = (
        "import sys, importlib\n"
        f"for module in {(*VOCABULARY, 'doctor', 'tasks', 'web.build')}:\n"
        "    importlib.import_module(module)\n"
        "    loaded = {'torch', 'numpy', 'onnx'} & set(sys.modules)\n"
        "    assert not loaded, f'{module} loads {loaded}'\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_modules_and_functions_stay_small(root):
    for name, tree, path in modules(root):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno <= LONGEST_FUNCTION, f"{name}.{node.name}"
