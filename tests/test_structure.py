"""The rooms and the arrows between them, read from the syntax trees."""

import ast
import subprocess
import sys

import pytest

FOLDERS = {"training": "training", "export": "export", "web": "web", "wasm_check": "wasm-check"}
ROOMS = tuple(FOLDERS)
VOCABULARY = (
    "training.charset", "training.etl_characters", "training.spec", "training.errors", "training.files",
    "training.shapes", "export.backends",
)  # fmt: skip
MAY_IMPORT = {"training": {"training"}, "export": {"training", "export"}, "web": {"web"},
              "wasm_check": {"training", "export", "web", "wasm_check"}}  # fmt: skip
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60


def modules(root):
    for room, folder in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                name = ".".join((room, *path.relative_to(root / folder).with_suffix("").parts))
                yield name, ast.parse(path.read_text(encoding="utf-8")), path


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module


def test_stages_import_only_what_stands_before_them(root):
    for name, tree, _ in modules(root):
        room = name.split(".")[0]
        for imported in imports(tree):
            if imported.split(".")[0] in ROOMS and imported not in VOCABULARY:
                assert imported.split(".")[0] in MAY_IMPORT[room], f"{name} imports {imported}"


def test_vocabulary_needs_the_standard_library_only(root):
    for name, tree, _ in modules(root):
        if name in VOCABULARY:
            for imported in imports(tree):
                top = imported.split(".")[0]
                assert top in sys.stdlib_module_names or imported in VOCABULARY, f"{name} imports {imported}"


@pytest.mark.parametrize("module", [*VOCABULARY, "doctor", "tasks", "web.build"])
def test_vocabulary_and_tasks_leave_torch_and_numpy_unloaded(module, root):
    code = f"import sys, {module}; sys.exit(bool({{'torch', 'numpy', 'onnx'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_modules_and_functions_stay_small(root):
    for name, tree, path in modules(root):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno <= LONGEST_FUNCTION, f"{name}.{node.name}"
