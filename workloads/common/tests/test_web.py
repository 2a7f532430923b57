import asyncio

import pytest
import uvicorn
from mlstack_common import web

LEAVE, FINISH = 2.0, 6


@pytest.fixture
def server(monkeypatch):
    """A server that was asked to stop at second 0, and the way to ask at another second whether it stops now."""
    one = web.LeavingServer(uvicorn.Config(lambda: None, timeout_graceful_shutdown=FINISH), lambda: LEAVE)
    one.should_exit = True

    def stops_at(second):
        monkeypatch.setattr(web.time, "monotonic", lambda: second)
        return asyncio.run(one.on_tick(1))

    one.stops_at = stops_at
    assert not stops_at(0)
    return one


def test_stops_once_no_more_requests_can_come(server):
    assert [server.stops_at(second) for second in (1, LEAVE)] == [False, True]
    assert server.config.timeout_graceful_shutdown == FINISH


def test_listens_on_while_a_request_is_under_way(server):
    server.server_state.tasks.add("a request")
    assert not server.stops_at(LEAVE + 3)
    server.server_state.tasks.clear()
    assert server.stops_at(LEAVE + 3)


def test_waits_for_no_request_longer_than_it_may(server):
    server.server_state.tasks.add("a request")
    assert server.stops_at(LEAVE + FINISH)
    assert server.config.timeout_graceful_shutdown == 0


def test_stops_at_once_where_no_request_was_ever_sent(server):
    server.leave, server.leaves_until = lambda: 0.0, None
    assert server.stops_at(1)
