"""The one moment that a build writes wherever a format wants a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from selfserve.packaging.problems import CannotPackage

VARIABLE = "SOURCE_DATE_EPOCH"
"""reproducible-builds.org/specs/source-date-epoch: seconds since 1970, as text."""
WITHOUT = 1_577_836_800
"""2020-01-01: what is written where nobody names a moment, so that such builds agree as well."""
_LATEST = 4_102_444_800


def moment(environ: Mapping[str, str]) -> datetime:
    """What SOURCE_DATE_EPOCH says, never the clock; raises CannotPackage where it says nothing usable."""
    told = environ.get(VARIABLE, "")
    if not told:
        return datetime.fromtimestamp(WITHOUT, UTC)
    if not (told.isascii() and told.isdigit()) or int(told) > _LATEST:
        raise CannotPackage(f"{VARIABLE} is {told[:40]!r}; allowed is a number of seconds since 1970, or nothing.")
    return datetime.fromtimestamp(int(told), UTC)
