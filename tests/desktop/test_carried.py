"""The app imports what its package carries, and nothing else: seen in a process that has only that."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.desktop.session import PYTHON, vendored


def test_the_app_starts_from_its_own_folder_alone(tmp_path: Path) -> None:
    """Debian's Python, isolated, with the folder of the package: every module of the app can be imported."""
    library = vendored(tmp_path / "lib")
    names = sorted(
        ".".join(path.relative_to(library).with_suffix("").parts).removesuffix(".__init__")
        for path in (library / "selfserve").rglob("*.py")
    )
    code = (
        "import sys,importlib\nsys.path.insert(0,sys.argv[1])\n"
        "for name in sys.argv[2:]: importlib.import_module(name)\n"
        "print(*sorted({one.partition('.')[0] for one in sys.modules if one.startswith('selfserve')}))"
    )
    # The window's own modules need a display only when they open one.
    done = subprocess.run(
        [PYTHON, "-I", "-c", code, str(library), *names], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["selfserve"]


def test_the_first_module_is_light() -> None:
    """`import selfserve` costs nothing, so that the app's package can carry it."""
    code = "import sys;before=set(sys.modules);import selfserve;print(sorted(set(sys.modules)-before))"
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(source)}
    )
    assert done.stdout.strip() == "['selfserve']"
