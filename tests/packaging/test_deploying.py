"""Containers and charts, in the eyes of linters and of the schemas of those who would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from tests.docs.pages import ROOT, blocks, section
from tests.packaging.chart import CHART, objects, read, rendered, values

BIN = Path(sys.executable).parent
PACKAGING = ROOT / "packaging"
ON = {"enabled": True}
KUBERNETES = "1.37"


def lint(name: str, *words: str | Path) -> None:
    """A linter of the locked set finds nothing."""
    done = subprocess.run([BIN / name, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_is_built_as_it_should_be() -> None:
    """By hadolint, its notes included; and what runs is nobody special."""
    lint("hadolint", "--failure-threshold", "style", PACKAGING / "Containerfile")
    lines = (PACKAGING / "Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert any("--require-hashes" in line for line in lines)


def test_compose_takes_the_file() -> None:
    """By its own schema; every container of ours is read-only, without rights, with secrets as files."""
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", PACKAGING / "compose.yaml")
    told = read((PACKAGING / "compose.yaml").read_text())
    ours = {name: one for name, one in told["services"].items() if name != "database"}
    assert set(ours) == {"server", "worker", "upgrade"}
    for one in ours.values():
        assert (one["read_only"], one["user"], one["cap_drop"]) == (True, "10001:10001", ["ALL"])
        assert set(one["secrets"]) <= set(told["secrets"])
    assert told["services"]["server"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "PASSWORD:" not in (PACKAGING / "compose.yaml").read_text()


def test_the_page_for_admins_makes_what_compose_reads() -> None:
    """Each folder and each secret, in the place where they are read, for the account that reads them."""
    told = read((PACKAGING / "compose.yaml").read_text())
    part = section("docs/admin/install.md", "## With containers")
    (commands,) = blocks(part, "")
    for name, secret in told["secrets"].items():
        assert secret["file"] == f"./secrets/{name}"
        assert f"`{name}`" in part
        assert name in commands
    (settings,) = {mount.partition(":")[0] for mount in told["services"]["server"]["volumes"] if mount[0] == "."}
    place = f"packaging/{settings.removeprefix('./')}"
    made = f"install -d -o 10001 -g 10001 {place}\n"
    assert commands.index(made) < commands.index(f'docker run --rm -v "$PWD/{place}:/etc/selfserve"')
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {f"/{place}/", "/packaging/secrets/"} <= set(ignored)


def test_only_who_serves_pages_is_asked_for_its_health() -> None:
    """A worker listens nowhere: asked, it would be unhealthy for ever."""
    assert "HEALTHCHECK" not in (PACKAGING / "Containerfile").read_text()
    services = read((PACKAGING / "compose.yaml").read_text())["services"]
    asked = {name for name, one in services.items() if "/healthz" in str(one.get("healthcheck", ""))}
    assert asked == {name for name, one in services.items() if "ports" in one} == {"server"}
    probed = {name for name, pod in _pods() if any("livenessProbe" in one for one in pod["containers"])}
    assert probed == {"help-server"}


def test_yaml_reads_well(tmp_path: Path) -> None:
    """By yamllint: what lies here, what CI would run, and the chart once it is rendered."""
    for name, text in rendered(values(ingress=ON)).items():
        (tmp_path / name).write_text(text)
    plain = [PACKAGING / "compose.yaml", CHART / "Chart.yaml", CHART / "values.yaml", PACKAGING / "yamllint.yaml"]
    lint("yamllint", "--strict", "--config-file", PACKAGING / "yamllint.yaml", *plain, tmp_path)
    lint("yamllint", "--strict", "--config-file", PACKAGING / "yamllint.yaml", ROOT / ".github")


@pytest.mark.parametrize("given", [values(), values(ingress=ON)], ids=["plain", "with-ingress"])
def test_kubernetes_takes_what_the_chart_makes(given: dict[str, Any]) -> None:
    """By its own schemas, strictly: a key that it does not know would be dropped without a word."""
    found = objects(given)
    assert len(found) == (7 if given["ingress"]["enabled"] else 6)
    for one in found:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_the_schema_can_refuse() -> None:
    """A check that passes everything would be none."""
    wrong = objects(values())[0] | {"automountServiceToken": False}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def _pods() -> list[tuple[str, dict[str, Any]]]:
    return [(one["metadata"]["name"], one["spec"]["template"]["spec"]) for one in objects(values()) if _has_pods(one)]


def _has_pods(one: dict[str, Any]) -> bool:
    return one["kind"] in ("Deployment", "Job")


def test_no_pod_has_rights_it_does_not_need() -> None:
    """Not root, nothing to write but its data, no token of the cluster, bounded memory, no secret in sight."""
    assert [name for name, _ in _pods()] == ["help-server", "help-upgrade", "help-worker"]
    for _, pod in _pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in pod["containers"]:
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            assert one["resources"]["limits"]["memory"]
            assert "env" not in one


def test_the_server_is_asked_whether_it_lives_and_can_serve() -> None:
    """At the two addresses that say so, by the port's name."""
    server = dict(_pods())["help-server"]["containers"][0]
    asked = {probe: server[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
    assert {one["path"] for one in asked.values()} == {"/healthz", "/readyz"}
    assert asked["readiness"]["path"] == "/readyz"
    assert {one["port"] for one in asked.values()} == {"http"}


def test_the_store_is_brought_up_to_date_before_anything_new_starts() -> None:
    """As a hook that runs first, at the first installation as well."""
    (job,) = [one for one in objects(values()) if one["kind"] == "Job"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["db", "upgrade"]
