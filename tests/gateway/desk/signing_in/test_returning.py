"""Attack class 126, an open redirect after sign-in: nobody is sent to another site by signing in here."""

import pytest

from gateway.desk.pages.signing_in.returning import PATH_MAX, START, safe_return


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/requester",
        "/requester/",
        "/requester/cases/019ab3f2-0000-7000-8000-000000000000",
        "/holder/inbox?due=today&page=2&sort=-due",
        "/assets/5f3c.css",
        "/?page=2",
    ],
)
def test_a_page_of_our_own_is_gone_to(path: str) -> None:
    """With its query."""
    assert safe_return(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "requester",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/requester//evil.example",
        "/requester\\evil",
        "/./evil",
        "/..//evil.example",
        "/requester/../../evil",
        "/.%2e//evil.example",
        "/%2f%2fevil.example",
        "/%2F/evil.example",
        "/%5cevil.example",
        "/%255cevil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        " /requester",
        "/requester ",
        "/requester\n",
        "/requester\r\nSet-Cookie: a=b",
        "/requester\0",
        "/requester#@evil.example",
        "/@evil.example",
        "//desk.example@evil.example",
        "/requester?next=https://evil.example",
        "/requester?a=%0d%0a",
        "/／evil.example",
        "／/evil.example",
        "/r\u202eequester",
        "/requester;//evil.example",
        "?page=2",
        "." + "/evil",
        "/" + "a" * PATH_MAX,
    ],
)
def test_anything_else_is_the_start_page(path: str) -> None:
    """Another host or scheme, dot segments, control characters, and every encoded form."""
    assert safe_return(path) == START
