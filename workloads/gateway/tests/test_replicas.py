"""Replicas that die, hang, leave and join."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import World, ask
from mlstack_testing import until


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


@pytest.mark.parametrize("others", [0, 1])
def test_what_writes_gets_its_own_answer_from_a_replica_that_leaves(world: World, others):
    leaving = world.replica("stable", 1)
    gateway = world.start("retry.cfg")
    with ThreadPoolExecutor(1) as pool:
        order = pool.submit(ask, "/hang", "POST", body=b"{}", timeout=60)
        until(lambda: leaving.seen)
        for number in range(others):
            world.replica("stable", 2 + number)
        until(lambda: gateway.up("replicas") == 1 + others)
        leaving.leaving = True
        until(lambda: gateway.up("replicas") == others)
        leaving.go.set()
        assert (order.result().status, order.result().body) == (200, b"stable")
    assert [seen.path for seen in leaving.seen] == ["/hang"]


def test_a_replica_that_joins_is_found_by_its_name(world: World):
    world.replica("stable", 1)
    gateway = world.start("plain.cfg")
    second = world.replica("stable", 2)
    until(lambda: gateway.up("replicas") == 2)
    until(lambda: ask().status == 200 and second.seen)


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
            return list(pool.map(lambda _: ask(*args, timeout=20, **options).status, range(120)))

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
