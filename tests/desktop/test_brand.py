"""The brand file: what a packager may write, and the sentence for everything else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from selfserve.desktop import VERSION, brand
from selfserve.desktop.brand import VARIABLE, BrandError, Help, Size, find, load, of_package
from tests.servers.certificates import make_certificates

LEAST = 'name = "Example"\nid = "com.example.selfserve"\nserver = "https://help.example.com"\n'
NO_PICTURES = {
    "text.svg": "an svg, honestly", "text.png": "PNG", "page.svg": "<html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
    "half.svg": '<svg xmlns="http://www.w3.org/2000/svg">',
}  # fmt: skip
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "brand.toml"
    path.write_text(text, "utf-8")
    return path


def test_three_keys_are_enough(tmp_path: Path) -> None:
    """Name, id and server make an app; the rest has values that look well."""
    found = load(written(tmp_path, LEAST))
    assert (found.name, found.id, found.server) == ("Example", "com.example.selfserve", "https://help.example.com")
    assert (found.scheme, found.accent, found.help, found.window) == ("selfserve", "#1f4fd8", Help(), Size(1180, 820))


def test_every_key_is_read(tmp_path: Path) -> None:
    """Files are found beside the brand file, whichever folder the program runs in."""
    (tmp_path / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    make_certificates(tmp_path)
    found = load(
        written(
            tmp_path,
            LEAST + 'scheme = "example-help"\naccent = "#AA3300"\nicon = "mark.svg"\nca_file = "ca.pem"\n'
            '[help]\nphone = "+49 30 123456"\nmail = "help@example.com"\nurl = "https://example.com/help"\n'
            'text = "Ground floor."\n[window]\nwidth = 900\nheight = 700\n',
        )
    )
    assert (found.scheme, found.accent) == ("example-help", "#aa3300")
    assert (found.icon, found.ca_file) == (tmp_path / "mark.svg", tmp_path / "ca.pem")
    assert found.help == Help("+49 30 123456", "help@example.com", "https://example.com/help", "Ground floor.")
    assert found.window == Size(900, 700)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('name = ""', "name"),
        ('name = "two\\nlines"', "name"),
        ('name = "turned\\u202eround"', "name"),
        ("name = 7", "name"),
        ('id = "selfserve"', "id"),
        ('id = "com.Example.app"', "id"),
        ('id = "../../etc.passwd"', "id"),
        ('server = "http://help.example.com"', "server"),
        ('server = "https://help.example.com/path"', "server"),
        ('server = "https://me:secret@help.example.com"', "server"),
        ('server = "https://help.example.com:99999"', "server"),
        ('server = "https://help.example.com?x=1"', "server"),
        ('server = "file:///etc/passwd"', "server"),
        ('server = "javascript:alert(1)"', "server"),
        ('scheme = "https"', "scheme"),
        ('scheme = "Self Serve"', "scheme"),
        ('accent = "red"', "accent"),
        ('icon = "none.svg"', "icon"),
        ('icon = "brand.toml"', "icon"),
        ('icon = "text.svg"', "icon"),
        ('icon = "page.svg"', "icon"),
        ('icon = "half.svg"', "icon"),
        ('icon = "text.png"', "icon"),
        ('ca_file = "brand.toml"', "ca_file"),
        ('ca_file = "none.pem"', "ca_file"),
        ('help = "call us"', "help"),
        ('[help]\nphone = "0190;rm"', "help.phone"),
        ('[help]\nmail = "nobody"', "help.mail"),
        ('[help]\nurl = "http://example.com"', "help.url"),
        ('[help]\nurl = "javascript:alert(1)"', "help.url"),
        ('[help]\nfax = "1"', "help.fax"),
        ("[window]\nwidth = 1", "window.width"),
        ("[window]\nheight = true", "window.height"),
        ('colour = "red"', "colour"),
    ],
)
def test_a_bad_value_is_one_sentence(tmp_path: Path, line: str, key: str) -> None:
    """File, key, what was found and what is allowed: a packager mends it without reading code."""
    kept = [one for one in LEAST.splitlines() if one.split(" = ")[0] != key]
    for name, content in NO_PICTURES.items():
        (tmp_path / name).write_text(content)
    path = written(tmp_path, "\n".join([*kept, line]))
    with pytest.raises(BrandError) as refused:
        load(path)
    told = str(refused.value)
    assert told.startswith(f"{path}: {key} ")
    assert told.endswith(".")
    assert "\n" not in told


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b""])
def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    """Broken TOML, another encoding, an empty file."""
    path = tmp_path / "brand.toml"
    path.write_bytes(content)
    with pytest.raises(BrandError, match=r"brand\.toml"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The sentence says where it was looked for."""
    with pytest.raises(BrandError, match="nowhere"):
        load(tmp_path / "nowhere")


def test_the_chosen_file_comes_first_then_the_variable(tmp_path: Path) -> None:
    """An argument beats the environment, which beats the machine's folder."""
    assert find("a.toml", {brand.VARIABLE: "b.toml"}) == Path("a.toml")
    assert find("", {brand.VARIABLE: "b.toml"}) == Path("b.toml")
    folder = tmp_path / "selfserve-desktop"
    folder.mkdir()
    (folder / "brand.toml").write_text(LEAST)
    assert find("", {"PROGRAMDATA": str(tmp_path)}, "win32") == folder / "brand.toml"
    with pytest.raises(BrandError, match="--brand"):
        find("", {"PROGRAMDATA": str(tmp_path / "none")}, "win32")


def test_recipes_can_check_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python3 -m selfserve.desktop.brand FILE`: silence or one sentence."""
    assert brand.main([str(written(tmp_path, LEAST))]) == 0
    assert brand.main([str(written(tmp_path, "name = 1"))]) == 2
    assert brand.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2


def test_the_app_tells_the_version_it_was_built_as() -> None:
    """The server judges the app's age by it."""
    assert f'version = "{VERSION}"' in PROJECT.read_text()


def _packaged(folder: Path, more: str, mode: int = 0o644) -> tuple[Path, Path]:
    """The brand that an app was built with, and the file of an administrator in a folder of theirs."""
    for name in ("built", "machine"):
        (folder / name).mkdir(mode=0o755)
    written(folder / "built", LEAST)
    machine = written(folder / "machine", more)
    machine.chmod(mode)
    return folder / "built" / "brand.toml", machine


MOVED = LEAST.replace("help.example.com", "moved.example.com")


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_an_administrator_says_where_a_packaged_app_goes(
    tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a file of root's in the machine's folder, for the very same app; no variable of a customer's has a say."""
    built, machine = _packaged(tmp_path, MOVED)
    elsewhere = tmp_path / "customer"
    elsewhere.mkdir()
    monkeypatch.setenv(VARIABLE, str(written(elsewhere, MOVED)))
    assert of_package(built, platform, tmp_path / "none", os.getuid()).server == "https://help.example.com"
    assert of_package(built, platform, machine, os.getuid()).server == "https://moved.example.com"
    written(tmp_path / "machine", MOVED.replace("com.example.selfserve", "com.example.other"))
    assert of_package(built, platform, machine, os.getuid()).server == "https://help.example.com"


@pytest.mark.parametrize("loose", ["file", "folder", "owner"])
def test_a_file_that_others_can_write_is_no_administrators(tmp_path: Path, loose: str) -> None:
    """It is said, and no window opens: whoever wrote it would choose where customers sign in."""
    built, machine = _packaged(tmp_path, MOVED, 0o664 if loose == "file" else 0o644)
    if loose == "folder":
        machine.parent.chmod(0o777)
    with pytest.raises(BrandError, match="can be changed by others than the administrator"):
        of_package(built, "linux", machine, os.getuid() + (loose == "owner"))


def test_on_windows_a_packaged_app_has_the_brand_it_was_built_with(tmp_path: Path) -> None:
    """Everybody may make a folder below ProgramData, so that nothing there has a say."""
    built, machine = _packaged(tmp_path, MOVED)
    assert of_package(built, "win32", machine, os.getuid()).server == "https://help.example.com"
