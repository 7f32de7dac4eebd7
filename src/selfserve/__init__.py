"""selfserve: customers of a TechOps team help themselves."""

import os

# NiceGUI reads a storage of its own below the current folder as soon as it is imported, wherever a command is typed.
# The house keeps everything in its store: there is nothing to read, and nobody else's file is taken for ours.
os.environ.setdefault("NICEGUI_STORAGE_PATH", f"{os.devnull}/none")  # a place that cannot be
