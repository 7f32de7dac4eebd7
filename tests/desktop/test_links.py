"""Links into the app: anybody may write one, so only whole, plain paths of ours mean anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.desktop.fence import Where, path_at, where
from selfserve.desktop.links import path_of

HOME = "https://help.example.com"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("selfserve://items/vpn-access", "/items/vpn-access"),
        ("selfserve:///items/vpn-access", "/items/vpn-access"),
        ("SELFSERVE://requests", "/requests"),
        ("selfserve://requests/R-7K3F", "/requests/R-7K3F"),
        ("selfserve://mine/", "/mine"),
        ("selfserve://approvals", "/approvals"),
        ("selfserve://desk", "/desk"),
        ("selfserve://", "/"),
    ],
)
def test_pages_we_know_are_opened(link: str, path: str) -> None:
    """However a desktop writes the link."""
    assert path_of(link, "selfserve") == path


@pytest.mark.parametrize(
    "link",
    [
        "",
        "items/vpn-access",
        "other://items/vpn-access",
        "https://evil.example/items/vpn-access",
        "selfserve:items/vpn-access",
        "selfserve://evil.example/items/vpn",
        "selfserve:////evil.example",
        "selfserve://items/../auth/logout",
        "selfserve://items/%2e%2e/auth/logout",
        "selfserve://items/vpn?next=https://evil.example",
        "selfserve://items/vpn#x",
        "selfserve://items/vpn@evil.example",
        "selfserve://items/vpn\nX",
        "selfserve://items/vpn\n",
        "selfserve://items/vpn\0",
        "selfserve://items/VPN",
        "selfserve://items/",
        "selfserve://auth/logout",
        "selfserve://app/allow",
        "selfserve://api/v1/me",
        "selfserve://health",
        "selfserve://javascript:alert(1)",
        "selfserve://items\\vpn",
        "selfserve://ítems/vpn",
        "selfserve://items/" + "a" * 500,
    ],
)
def test_everything_else_means_nothing(link: str) -> None:
    """No origin, no query, no escape, no page that acts."""
    assert path_of(link, "selfserve") is None


@given(st.text(max_size=60))
def test_no_link_leads_off_our_pages(rest: str) -> None:
    """Whatever stands behind the colon."""
    path = path_of(f"selfserve:{rest}", "selfserve")
    assert path is None or (path.startswith("/") and not path.startswith("//") and "." not in path and "?" not in path)


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("", Where.WINDOW),
        ("about:blank", Where.WINDOW),
        (f"{HOME}/items/vpn", Where.WINDOW),
        (HOME, Where.WINDOW),
        ("https://help.example.com.evil.example/", Where.BROWSER),
        ("https://help.example.com:8443/", Where.BROWSER),
        ("http://help.example.com/", Where.BROWSER),
        ("https://me@help.example.com/", Where.BROWSER),
        ("mailto:help@example.com", Where.BROWSER),
        ("tel:+4930123456", Where.BROWSER),
        ("file:///etc/passwd", Where.NOWHERE),
        ("javascript:alert(1)", Where.NOWHERE),
        ("data:text/html,x", Where.NOWHERE),
        ("selfserve://items/vpn", Where.NOWHERE),
        ("https://[broken", Where.NOWHERE),
        ("blob:https://help.example.com/1", Where.NOWHERE),
    ],
)
def test_the_window_holds_one_origin(address: str, to: Where) -> None:
    """The rest of the web belongs into the browser, and files nowhere."""
    assert where(address, HOME) is to


def test_a_path_is_that_of_our_server_alone() -> None:
    """What the app acts upon is never a foreign page's."""
    assert path_at(f"{HOME}/sign-in?next=%2Fmine#x", HOME) == "/sign-in?next=%2Fmine"
    assert path_at(HOME, HOME) == "/"
    assert path_at("https://evil.example/sign-in", HOME) is None
    assert path_at("https://help.example.com.evil.example/auth/bye", HOME) is None
