import subprocess
import sys


def test_ruff_finds_nothing(root):
    command = [sys.executable, "-m", "ruff", "check", "."]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
