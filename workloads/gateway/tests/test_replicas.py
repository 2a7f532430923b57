"""Replicas that die, hang, leave and join."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest
from conftest import World, address_of, ask
from mlstack_testing import PATIENCE, until
from upstream import Upstream


@pytest.mark.parametrize("fixture", ["plain.cfg", "open.cfg"])
def test_a_killed_replica_costs_no_get(world: World, fixture):
    first, _ = world.replica("stable", 1), world.replica("stable", 2)
    world.start(fixture)
    first.kill()
    assert [ask().status for _ in range(15)] == [200] * 15


def test_a_get_that_got_no_answer_is_asked_again_and_a_post_is_not(world: World):
    replicas = [world.replica("stable", number) for number in (1, 2)]
    world.start("open.cfg")
    for method, tries in [("GET", 4), ("POST", 1)]:
        assert ask("/break", method).status in (502, 503)
        assert sum(len(replica.seen) for replica in replicas) == tries
        for replica in replicas:
            replica.seen.clear()


@pytest.mark.parametrize(("ready", "leaving"), [(False, False), (True, True)])
def test_a_replica_that_says_it_leaves_gets_nothing_new(world: World, ready, leaving):
    gone, _ = world.replica("stable", 1), world.replica("stable", 2)
    gateway = world.start("plain.cfg")
    assert [ask().status for _ in range(10)] == [200] * 10
    assert gone.seen != []
    gone.ready, gone.leaving = ready, leaving
    until(lambda: gateway.up("replicas") == 1)
    gone.seen.clear()
    assert [ask().status for _ in range(50)] == [200] * 50
    assert gone.seen == []


@pytest.mark.parametrize(("others", "named"), [(0, True), (1, True), (1, False)])
def test_what_writes_gets_its_own_answer_from_a_replica_that_leaves(world: World, others, named):
    leaving = world.replica("stable", 1)
    gateway = world.start("retry.cfg")
    with ThreadPoolExecutor(1) as pool:
        order = pool.submit(ask, "/hang", "POST", body=b"{}", timeout=PATIENCE)
        until(lambda: leaving.seen)
        for number in range(others):
            world.replica("stable", 2 + number)
        until(lambda: gateway.up("replicas") == 1 + others)
        leaving.leaving = True
        until(lambda: gateway.up("replicas") == others)
        if not named:
            world.names.table["stable.test"].remove(leaving.address)
            until(lambda: "is going DOWN for maintenance" in gateway.log())
        leaving.go.set()
        assert (order.result().status, order.result().body) == (200, b"stable")
    assert [seen.path for seen in leaving.seen] == ["/hang"]


def test_a_replica_that_joins_is_found_by_its_name(world: World):
    world.replica("stable", 1)
    gateway = world.start("plain.cfg")
    second = world.replica("stable", 2)
    until(lambda: gateway.up("replicas") == 2)
    until(lambda: ask().status == 200 and second.seen)


def asked_while(work: Callable[[], None]) -> list[str]:
    """What happens to the requests of eight clients that ask without a pause while something is done, but for 200."""
    over = threading.Event()

    def client(number: int) -> list[str]:
        method, outcomes = ("GET", "POST")[number % 2], []
        while not over.is_set():
            try:
                outcomes.append(str(ask("/orders", method, body=b"{}").status))
            except (OSError, HTTPException) as problem:
                outcomes.append(repr(problem))
        return [outcome for outcome in outcomes if outcome != "200"]

    with ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(client, number) for number in range(8)]
        try:
            work()
        finally:
            over.set()
        return [outcome for one in clients for outcome in one.result()]


def test_an_address_that_is_known_before_it_can_be_reached_costs_nothing(world: World):
    world.replica("stable", 1)
    gateway = world.start("plain.cfg")

    def joins() -> None:
        hidden = world.hide("stable", 2)
        world.name("stable", 2)
        until(lambda: gateway.down("replica2"))
        hidden.end()
        second = world.replica("stable", 2)
        until(lambda: gateway.up("replicas") == 2 and second.seen)

    assert asked_while(joins) == []


def test_a_replica_that_joins_gets_nothing_before_its_check_has_passed(world: World):
    world.replica("stable", 1)
    gateway = world.start("plain.cfg")

    def joins() -> None:
        second = Upstream("stable", address_of("stable", 2))
        world.replicas.append(second)
        second.ready = False
        world.name("stable", 2)
        until(lambda: gateway.down("replica2"))
        assert second.seen == []

    assert asked_while(joins) == []


def test_an_address_that_takes_the_place_of_another_and_cannot_be_reached_costs_nothing(world: World):
    for number in (1, 2):
        world.replica("stable", number)
    gateway = world.start("plain.cfg")

    def moves() -> None:
        # Without any answer the gateway keeps its addresses; the next answer that lacks one replaces it at once.
        del world.names.table["stable.test"]
        asked = world.names.asked
        until(lambda: world.names.asked > asked + 5)
        world.hide("stable", 3)
        world.names.table["stable.test"] = ["127.0.1.2", "127.0.1.3"]
        until(lambda: gateway.down("replica1") or gateway.down("replica2"))

    assert asked_while(moves) == []
    assert "changed its IP from 127.0.1.1 to 127.0.1.3" in gateway.log()


def test_an_address_that_can_be_reached_no_more_costs_nothing(world: World):
    gone, _ = world.replica("stable", 1), world.replica("stable", 2)
    gateway = world.start("plain.cfg")

    def vanishes() -> None:
        until(lambda: gone.seen)
        gone.vanish()
        until(lambda: gateway.down("replica1") or gateway.down("replica2"))

    assert asked_while(vanishes) == []


@pytest.fixture
def hanging(world: World):
    """One replica that hangs, another that does not, and the way to ask 120 times at once, in 20 connections.

    The gateway itself would wait for an answer for an hour.
    """
    frozen, _ = world.replica("stable", 1), world.replica("stable", 2)
    world.start("retry.cfg")
    frozen.frozen = True

    def many(*args: object, **options: object) -> list[int]:
        with ThreadPoolExecutor(20) as pool:
            return list(pool.map(lambda _: ask(*args, timeout=PATIENCE, **options).status, range(120)))

    many.frozen = frozen
    return many


@pytest.mark.parametrize("options", [{}, {"method": "HEAD"}, {"path": "/predict", "method": "POST", "body": b"x" * 8192}])
def test_a_replica_that_hangs_costs_nothing_that_reads(hanging, options):
    assert hanging(**options) == [200] * 120


def test_what_writes_ends_with_the_replica_that_hangs_and_is_not_done_again(hanging, world: World):
    statuses = hanging("/orders", "POST", body=b"{}")
    assert set(statuses) == {200, 502}
    # Those alone that it answered reached the other.
    assert len(world.replicas[1].seen) == statuses.count(200)


def test_a_replica_that_answers_again_gets_requests_again(hanging, world: World):
    until(lambda: world.gateway.up("replicas") == 1)
    hanging.frozen.frozen = False
    hanging.frozen.go.set()
    until(lambda: world.gateway.up("replicas") == 2)
    assert hanging() == [200] * 120
