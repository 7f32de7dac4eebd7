"""A demo in a process of its own, with little patience: `python -m tests.journey.hurried FOLDER` writes `url` there."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from selfserve.demo.run import running


def main(folder: Path) -> None:
    """Run until SIGTERM."""
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    with running(folder, port=0, hurried=True) as demo:
        (folder / "url.new").write_text(demo.url)
        (folder / "url.new").rename(folder / "url")
        done.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
