"""Room for connections: a process may open as many files as its settings need, or says why it cannot."""

import resource

import pytest

from gateway.api import listener
from gateway.errors import CannotStart


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The soft and the hard limit of open files, as the system would have them."""
    given = [1024, 4096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(given))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: given.__setitem__(slice(None), both))
    return given


def test_the_soft_limit_is_raised_as_far_as_needed(limits: list[int]) -> None:
    """And left alone where it is enough."""
    listener.make_room(3_000)
    assert limits == [3_000 + listener.OWN_FILES, 4096]
    listener.make_room(100)
    assert limits == [3_000 + listener.OWN_FILES, 4096]


def test_a_gateway_that_cannot_have_its_connections_does_not_start(limits: list[int]) -> None:
    """Rather than stop to answer when the last file is open."""
    with pytest.raises(CannotStart, match="4096 files"):
        listener.make_room(5_000)
    assert limits == [1024, 4096]


@pytest.mark.parametrize("limits", [[resource.RLIM_INFINITY] * 2, [1024, resource.RLIM_INFINITY]])
def test_a_system_without_a_limit_has_room(limits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are wanted."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: None)
    listener.make_room(50_000)
