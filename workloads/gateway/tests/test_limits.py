"""How often, how much and how long."""

import json
import socket

import pytest
from conftest import World, ask
from mlstack_testing import PATIENCE, until

ACME, ACME_NEXT, GLOBEX = "acme-key-0123456789", "acme-next-key-0123456789", "globex-key-0123456789"
LIMIT = 64 * 1024


@pytest.fixture
def replica(world: World):
    """The one replica behind a gateway that counts by source address."""
    replica = world.replica("stable")
    world.start("open.cfg")
    return replica


def chunked(size: int) -> tuple[bytes, bool]:
    """Sends a body in chunks, which http.client would give up on; the answer, and whether all could be sent."""
    with socket.create_connection(("127.0.0.1", 8080), timeout=PATIENCE) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            for _ in range(size // 1024):
                connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
            whole = True
        except OSError:
            whole = False
        try:
            return connection.recv(65536), whole
        except OSError:
            return b"", whole


def test_a_customer_over_its_rate_is_told_when_to_come_back_whichever_key_it_uses(world: World):
    replica = world.replica("stable")
    world.start("edge.cfg")
    statuses = [ask("/", headers={"x-api-key": (ACME, ACME_NEXT)[turn % 2]}).status for turn in range(23)]
    assert statuses == [200] * 20 + [429] * 3
    answer = ask("/", headers={"x-api-key": ACME})
    assert answer.headers["retry-after"] == "60"
    assert "20 requests in 60 s" in json.loads(answer.body)["detail"]
    assert ask("/", headers={"x-api-key": GLOBEX}).status == 200
    assert len(replica.seen) == 21


def test_without_keys_each_source_address_has_a_rate_of_its_own(replica):
    assert [ask().status for _ in range(22)] == [200] * 20 + [429] * 2
    assert ask(source="127.0.9.9").status == 200


def test_a_body_over_the_limit_is_refused_before_it_is_sent(replica):
    with socket.create_connection(("127.0.0.1", 8080), timeout=PATIENCE) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (LIMIT + 1))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert replica.seen == []


@pytest.mark.parametrize("size", [LIMIT - 1024, LIMIT])
def test_a_body_within_the_limit_passes_whole(replica, size):
    assert ask("/predict", "POST", body=b"x" * size).status == 200
    assert chunked(size)[0].startswith(b"HTTP/1.1 200 ")
    assert [len(seen.body) for seen in replica.seen] == [size, size]


@pytest.mark.parametrize("size", [LIMIT + 1024, 4 * LIMIT, 256 * LIMIT])
def test_a_body_in_chunks_is_cut_off_at_the_limit_and_no_replica_sees_it_whole(replica, world: World, size):
    answer, whole = chunked(size)
    if answer != b"" or whole:  # a client that is still sending may lose the answer with its connection
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"over the limit of 65536 bytes" in answer
    until(lambda: " 413 " in world.gateway.log())
    assert ask("/after").status == 200
    assert [seen.path for seen in replica.seen] == ["/after"]


def test_a_replica_that_takes_too_long_is_a_504_and_the_next_request_is_answered(replica):
    answer = ask("/hang")
    assert answer.status == 504
    assert "in time" in json.loads(answer.body)["detail"]
    assert ask("/").status == 200


def test_what_a_replica_refuses_passes_as_it_is(replica):
    answer = ask("/422")
    assert (answer.status, answer.body) == (422, b"stable")


def test_without_a_replica_the_answer_says_so(replica, world: World):
    replica.ready = False
    until(lambda: world.gateway.up("replicas") == 0)
    answer = ask()
    assert (answer.status, json.loads(answer.body)) == (503, {"detail": "no replica is ready", "errors": []})


def test_what_is_no_http_is_a_400(replica):
    with socket.create_connection(("127.0.0.1", 8080), timeout=PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost : x\r\nbad header\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert replica.seen == []
