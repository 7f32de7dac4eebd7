"""The list of parts, in the eyes of CycloneDX's own schema."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.packaging.building import WHEN

from selfserve.packaging.app_files import archives
from selfserve.packaging.frozen_parts import frozen_parts
from selfserve.packaging.locked import APP, pins
from selfserve.packaging.sbom import sbom


def _app() -> str:
    return sbom("selfserve-desktop", "0.1.0-1", archives(), WHEN)


def test_the_schema_takes_it() -> None:
    """Strictly; and it can refuse."""
    judge = JsonStrictValidator(SchemaVersion.V1_6)
    assert judge.validate_str(_app()) is None
    assert judge.validate_str(_app().replace('"library"', '"book"')) is not None


def test_it_names_what_rides_along_with_its_sum() -> None:
    """Each part at the version and with a sum that the lock names, and its licence."""
    told = json.loads(_app())
    assert {one["name"] for one in told["components"]} == {"pywebview", "proxy_tools", "truststore"}
    for one in told["components"]:
        pin = pins(APP)[one["purl"].removeprefix("pkg:pypi/").partition("@")[0]]
        assert one["version"] == pin.version
        assert one["hashes"][0]["content"] in pin.sums
        assert one["licenses"]
    assert told["dependencies"][0]["dependsOn"] == sorted(one["purl"] for one in told["components"])


def test_the_same_parts_give_the_same_bytes() -> None:
    """Its serial number as well, which changes with what is listed."""
    assert _app() == _app() == sbom("selfserve-desktop", "0.1.0-1", archives()[::-1], WHEN)
    later = sbom("selfserve-desktop", "0.1.0-1", archives(), WHEN + timedelta(days=1))
    assert json.loads(later)["serialNumber"] != json.loads(_app())["serialNumber"]


def test_the_servers_list_holds_every_locked_package(wheels: list[Path]) -> None:
    """As its package carries it."""
    text = sbom("selfserve-server", "0.1.0-1", wheels, WHEN)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert len(json.loads(text)["components"]) == len(wheels) > 80


def test_libraries_of_windows_and_macos_are_listed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL though it lies among Python's own, which are Python; and what is no library is none."""
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "Python"))
    listed = []
    for name in ("Python/DLLs/libssl-3.dll", "Python/DLLs/_socket.pyd", "VCRUNTIME140.dll", "libffi.8.dylib",
                 "libz.so.1", "python312.dll", "notes.txt"):  # fmt: skip
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
        listed.append((place.name, str(place)))
    found = {one["name"] for one in frozen_parts(listed, tmp_path / "none")}
    assert {"libssl-3.dll", "VCRUNTIME140.dll", "libffi.8.dylib", "libz.so.1", "CPython"} <= found
    assert found.isdisjoint({"_socket.pyd", "python312.dll", "notes.txt"})
