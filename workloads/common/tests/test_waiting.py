import pytest
from mlstack_common import waiting


class Refused(OSError):
    """Waiting does not cure it."""


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the pauses move."""
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def failing(times, error):
    left = [times]

    def call():
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return "answer"

    return call


def test_tries_again_until_it_succeeds(clock):
    assert waiting.attempt(failing(3, OSError("not yet")), 60, OSError) == "answer"
    assert clock[0] == 3 * waiting.PAUSE


def test_raises_the_last_error_when_the_time_is_over(clock):
    with pytest.raises(OSError, match="not yet"):
        waiting.attempt(failing(1000, OSError("not yet")), 10, OSError)
    assert clock[0] == 10


def test_tries_once_without_any_time(clock):
    with pytest.raises(OSError):
        waiting.attempt(failing(1, OSError()), 0, OSError)
    assert waiting.attempt(failing(0, OSError()), 0, OSError) == "answer"
    assert clock[0] == 0


@pytest.mark.parametrize("error", [Refused(), KeyError("a")])
def test_does_not_wait_for_what_waiting_does_not_cure(clock, error):
    with pytest.raises(type(error)):
        waiting.attempt(failing(1, error), 60, OSError, final=Refused)
    assert clock[0] == 0
