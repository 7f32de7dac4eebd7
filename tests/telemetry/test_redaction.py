"""No secret reaches a log, whatever field or sentence it is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfserve.telemetry.redaction import HIDDEN, redact, redact_text, secret_name

SECRET = "hunter2hunter2hunter2"
OUR_TOKEN = f"ss_{'0' * 32}_{'A' * 43}"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "newPassword", "client_secret", "Authorization", "cookie", "access_token",
     "unicodePwd", "userPassword", "api_token", "PIN", "Set-Cookie", "licence"],
)  # fmt: skip
def test_fields_named_after_secrets_are_hidden(name: str) -> None:
    """In whatever spelling."""
    assert redact({name: SECRET, "other": {"deep": [{name: SECRET}]}}) == {
        name: HIDDEN,
        "other": {"deep": [{name: HIDDEN}]},
    }


@pytest.mark.parametrize("name", ["token_id", "key", "item", "passed", "spinning", "tokenizer", "secret_name", "path"])
def test_fields_about_something_are_shown(name: str) -> None:
    """Hiding too much hides the fault."""
    assert not secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"got Basic {SECRET}",
        f"postgresql+psycopg://role:{SECRET}@db/x",
        f"https://:{SECRET}@host",
        f"password={SECRET}&user=a",
        f'{{"client_secret": "{SECRET}"}}',
        f"{{'access_token': '{SECRET}'}}",
        f"bind failed: password: {SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_secrets_in_sentences_are_hidden(text: str) -> None:
    """Libraries put them into messages."""
    assert SECRET not in redact_text(text)
    assert HIDDEN in redact_text(text)


def test_tokens_are_known_by_their_look() -> None:
    """Ours, and ID tokens."""
    assert redact_text(f"a {OUR_TOKEN} b {JWT} c") == f"a {HIDDEN} b {HIDDEN} c"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text() | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip  # noqa: E501
def test_anything_can_be_logged(value: object) -> None:
    """Redaction never fails, and doing it twice changes nothing."""
    assert redact(redact(value)) == redact(value)
