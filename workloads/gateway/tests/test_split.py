"""A part of the traffic for a canary, and copies for a shadow."""

import json
import socket
import threading

import pytest
from conftest import World, ask
from mlstack_testing import PATIENCE, until

ACME = "acme-key-0123456789"
REQUESTS = 1000
BODY = json.dumps({"columns": ["a"], "rows": [[1.0]]}).encode()


def predict(path: str = "/predict?case=7", body: bytes = BODY):
    """A prediction by a customer."""
    return ask(path, "POST", body=body, headers={"x-api-key": ACME, "content-type": "application/json", "host": "models.example.com"})


def test_the_canary_answers_about_its_share(world: World):
    world.replica("stable")
    world.replica("canary")
    world.start("canary.cfg")
    answers = [ask().body for _ in range(REQUESTS)]
    assert set(answers) == {b"stable", b"canary"}
    assert 0 < answers.count(b"canary") < 3 * REQUESTS / 10


def test_a_canary_that_is_not_ready_gets_nothing_and_comes_back_by_itself(world: World):
    world.replica("stable")
    canary = world.replica("canary")
    gateway = world.start("canary.cfg")
    canary.ready = False
    until(lambda: gateway.up("canary") == 0)
    canary.seen.clear()
    assert {ask().body for _ in range(200)} == {b"stable"}
    assert canary.seen == []
    canary.ready = True
    until(lambda: gateway.up("canary") == 1)
    until(lambda: ask().body == b"canary")


def test_a_canary_that_is_killed_costs_no_request(world: World):
    """Before its check has said so, the main version answers what was drawn for it."""
    world.replica("stable")
    canary = world.replica("canary")
    world.start("canary.cfg")
    until(lambda: ask().body == b"canary")
    canary.kill()
    assert {(answer.status, answer.body) for answer in (ask(method="POST", body=BODY) for _ in range(200))} == {(200, b"stable")}


def test_a_canary_that_was_never_there_hurts_nobody(world: World):
    world.replica("stable")
    world.start("canary.cfg")
    assert {(answer.status, answer.body) for answer in (ask() for _ in range(200))} == {(200, b"stable")}


@pytest.mark.parametrize("size", [0, 60, 40_000, 1024 * 1024])
def test_the_shadow_gets_the_same_request_and_the_client_the_real_answer(world: World, size):
    stable, shadow = world.replica("stable"), world.replica("shadow")
    world.start("shadow.cfg")
    body = bytes(index % 251 for index in range(size))
    assert predict(body=body).body == b"stable"
    until(lambda: shadow.seen)
    (real,), (copy,) = stable.seen, shadow.seen
    assert (copy.method, copy.path, copy.body) == (real.method, real.path, real.body) == ("POST", "/predict?case=7", body)
    same = {"x-customer": "acme", "content-type": "application/json", "host": "models.example.com", "x-forwarded-for": "127.0.0.1"}
    assert same.items() <= copy.headers.items()
    assert same.items() <= real.headers.items()
    assert "x-gateway-uri" not in copy.headers


def test_a_get_is_copied_and_what_writes_otherwise_is_not(world: World):
    world.replica("stable")
    shadow = world.replica("shadow")
    world.start("shadow.cfg")
    for method in ["PUT", "DELETE", "GET"]:
        assert ask(f"/{method}", method, headers={"x-api-key": ACME}).status == 200
    until(lambda: shadow.seen)
    assert [seen.path for seen in shadow.seen] == ["/GET"]


def test_a_body_over_the_limit_of_a_copy_is_not_copied(world: World):
    stable, shadow = world.replica("stable"), world.replica("shadow")
    world.start("shadow.cfg")
    assert predict(body=b"x" * (1024 * 1024 + 1)).body == b"stable"
    assert predict("/small").body == b"stable"
    until(lambda: shadow.seen)
    assert [seen.path for seen in shadow.seen] == ["/small"]
    assert len(stable.seen) == 2


def test_a_shadow_that_hangs_delays_nobody_and_too_many_copies_are_left_out(world: World):
    world.replica("stable")
    shadow = world.replica("shadow")
    world.start("shadow.cfg")
    assert [predict("/quick").body for _ in range(3)] == [b"stable"] * 3
    until(lambda: len(shadow.seen) == 3)
    shadow.hold = True
    assert {predict("/quick").body for _ in range(100)} == {b"stable"}
    assert 1 <= len(shadow.seen) - 3 <= 99
    shadow.go.set()


def test_a_dead_shadow_hurts_nothing(world: World):
    world.replica("stable")
    shadow = world.replica("shadow")
    gateway = world.start("shadow.cfg")
    shadow.kill()
    assert {(answer.status, answer.body) for answer in (predict() for _ in range(100))} == {(200, b"stable")}
    until(lambda: gateway.up("shadow") == 0)
    # Those that are under way are in the log only when they end.
    copies = gateway.metric('haproxy_frontend_http_requests_total{proxy="copies"}')
    assert {predict().body for _ in range(50)} == {b"stable"}
    assert gateway.metric('haproxy_frontend_http_requests_total{proxy="copies"}') == copies


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_copy_behind(world: World):
    world.replica("stable")
    shadow = world.replica("shadow")
    world.start("shadow.cfg")
    for _ in range(40):  # more than the copies that may be under way
        with socket.create_connection(("127.0.0.1", 8080), timeout=PATIENCE) as connection:
            connection.sendall(f"POST /gone HTTP/1.1\r\nhost: x\r\nx-api-key: {ACME}\r\ncontent-length: 9\r\n\r\nx".encode())
    until(lambda: world.gateway.log().count("/gone") == 40)
    assert predict("/whole").body == b"stable"
    until(lambda: shadow.seen)
    assert [seen.path for seen in shadow.seen] == ["/whole"]


def test_the_log_shows_no_key_and_no_query_of_a_copy(world: World):
    world.replica("stable")
    shadow = world.replica("shadow")
    gateway = world.start("shadow.cfg")
    predict("/predict?secret=question")
    until(lambda: shadow.seen and "copy [" in gateway.log())
    assert "question" not in gateway.log()
    assert ACME not in gateway.log()


def test_many_at_once_all_get_the_real_answer_and_no_copy_goes_wrong(world: World):
    world.replica("stable")
    world.replica("shadow")
    gateway = world.start("shadow.cfg")
    answers: list[bytes] = []
    clients = [threading.Thread(target=lambda: answers.extend(predict().body for _ in range(100))) for _ in range(16)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert answers == [b"stable"] * 1600
    assert "[ALERT]" not in gateway.log()
