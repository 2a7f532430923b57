import asyncio

import pytest
import uvicorn
from mlstack_common import web
from mlstack_common.timing import STAY

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


def test_says_that_it_leaves_only_when_a_gateway_may_know_the_one_before(server):
    said = []
    server.leave = lambda: said.append("it leaves") or LEAVE
    assert [server.stops_at(second) or said.copy() for second in (STAY - 0.1, STAY, STAY + 0.1)] == [[], ["it leaves"], ["it leaves"]]


def test_stops_soon_where_no_request_was_ever_sent(server):
    server.leave = lambda: 0.0
    assert [server.stops_at(second) for second in (STAY - 0.1, STAY)] == [False, True]
