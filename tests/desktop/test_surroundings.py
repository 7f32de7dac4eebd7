"""What PyInstaller's starter put into the environment goes no further than the app."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfserve.desktop.surroundings import give_back

INSIDE = Path("/opt/help/_internal")
CUSTOMERS = {"PATH": "/usr/bin", "PATH_ORIG": "/mine", "GI_TYPELIB_PATH": "/mine/types", "XDG_DATA_DIRS": "/usr/share"}


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ({"LD_LIBRARY_PATH": "/opt/help/_internal"}, {}),
        (
            {"LD_LIBRARY_PATH": "/opt/help/_internal:/mine", "LD_LIBRARY_PATH_ORIG": "/mine"},
            {"LD_LIBRARY_PATH": "/mine"},
        ),
        ({"LD_LIBRARY_PATH": "/opt/help/_internal/lib:/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
        ({"LD_LIBRARY_PATH_ORIG": "/opt/help/_internal:/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
        ({"LD_LIBRARY_PATH_ORIG": ""}, {}),
        ({"LD_LIBRARY_PATH": "/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
        ({"_PYI_ARCHIVE_FILE": "/opt/help/help", "_PYI_PARENT_PROCESS_LEVEL": "1"}, {}),
    ],
)
def test_a_browser_gets_the_environment_that_the_app_was_started_with(
    found: dict[str, str], left: dict[str, str]
) -> None:
    """What was there before comes back, what points into the folder goes, and the customer's own stays as it is."""
    environ = {**CUSTOMERS, **found}
    give_back(environ, INSIDE)
    assert environ == {**CUSTOMERS, **left}
