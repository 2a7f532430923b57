"""One data set at a time in Redis, whatever dies when."""

import pyarrow as pa
import pytest
import redis
from features import redis_set
from features.redis_set import Full, NotWhole, replace
from mlstack_common.data_sets import DataSet

ROWS = 25

# A pipeline whose program was killed still tries to leave its connection in order.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program takes it."""


@pytest.fixture
def client(redis_port, monkeypatch):
    monkeypatch.setattr(redis_set, "BATCH", 10)
    return redis.Redis(port=redis_port, password="secret")


def data_set(version, rows=ROWS):
    """A data set all of whose values are its version."""
    table = pa.table({"account_id": range(rows), "f00": pa.array([float(version)] * rows, pa.float32()), "fraud": [False] * rows})
    return table, DataSet(None, version, f"set{version}", {})


def served(client):
    """The version that the mark names, after comparing every value of it."""
    mark = client.hgetall("features:current")
    values = {key: float(redis_set.np.frombuffer(client.get(key), "<f4")[0]) for key in client.scan_iter(f"features:{mark[b'set'].decode()}:*")}
    assert len(values) == int(mark[b"rows"]) and set(values.values()) == {float(mark[b"version"])}
    return mark[b"version"].decode()


def killed_at(step, monkeypatch, action):
    """Runs `action`, which dies before its `step`-th message to Redis; whether it came to its end before."""
    steps = iter(range(step))
    send = redis.connection.AbstractConnection.send_packed_command

    def dying(self, *given, **options):
        if next(steps, None) is None:
            raise Killed
        return send(self, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "send_packed_command", dying)
        try:
            action()
        except Killed:
            return False
    return True


def test_a_load_that_is_killed_at_any_step_leaves_the_old_version_or_the_new_one_whole(client, monkeypatch):
    seen = []
    for step in range(1000):
        client.flushall()
        replace(client, *data_set("4", ROWS - 5))
        finished = killed_at(step, monkeypatch, lambda: replace(client, *data_set("6")))
        seen.append(served(client))
        # The next run, of whichever version, leaves nothing of the one that died.
        replace(client, *data_set("7", ROWS - 5))
        assert served(client) == "7"
        assert len(client.keys("features:*")) == ROWS - 5 + 2
        if finished:
            break
    assert len(seen) > 10 and seen == sorted(seen) and set(seen) == {"4", "6"}


def test_the_same_load_again_leaves_every_value_where_it_is(client, monkeypatch):
    replace(client, *data_set("4"))
    for step in range(1000):
        finished = killed_at(step, monkeypatch, lambda: replace(client, *data_set("4")))
        assert served(client) == "4"
        if finished:
            break
    assert finished and step > 5


def test_values_of_a_release_before_stay_until_the_second_load(client):
    client.mset({f"features:{account}": b"old" for account in range(ROWS)})
    client.hset("features:meta", mapping={"version": "1"})
    replace(client, *data_set("2"))
    # Its replicas look at the mark twice a second, and read these until then.
    assert client.get("features:3") == b"old" and not client.exists("features:meta")
    replace(client, *data_set("3"))
    assert client.get("features:3") is None and served(client) == "3"


def test_a_load_that_does_not_fit_beside_the_served_one_is_refused_before_the_first_row(client, monkeypatch):
    replace(client, *data_set("4"))
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 500_000)
    monkeypatch.setattr(redis_set, "SHARE_OF_TABLE", 20_000)
    with pytest.raises(Full, match=r"25 rows need 1 MiB beside the \d+ MiB in use, and its maxmemory is \d MiB"):
        replace(client, *data_set("6"))
    assert served(client) == "4" and client.keys("features:set6:*") == []


def test_what_a_redis_that_is_full_half_way_has_taken_is_removed(client, monkeypatch):
    replace(client, *data_set("4"))
    monkeypatch.setattr(redis_set, "check_room", lambda client, *_: client.config_set("maxmemory", 1000))
    with pytest.raises(Full, match="it refused a write: "):
        replace(client, *data_set("6"))
    assert served(client) == "4" and client.keys("features:set6:*") == []


def test_the_rest_of_a_dead_load_that_fills_redis_does_not_keep_the_next_one_out(client):
    replace(client, *data_set("4"))
    used = client.info("memory")["used_memory"]
    for account in range(100):
        client.set(f"features:set5:{account}", b"x" * 50_000)
    client.config_set("maxmemory", used + 2_500_000)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("other", b"x")
    replace(client, *data_set("6"))
    assert served(client) == "6"


def test_rows_that_redis_lost_are_noticed_unless_it_may_throw_them_away(client, monkeypatch):
    replace(client, *data_set("4"))
    there = redis_set.count

    def after_a_loss(client, table, data):
        client.delete(f"features:{data.id}:3")
        return there(client, table, data)

    monkeypatch.setattr(redis_set, "count", after_a_loss)
    with pytest.raises(NotWhole, match="it holds 24 of 25 rows"):
        replace(client, *data_set("6"))
    assert served(client) == "4"
    client.config_set("maxmemory-policy", "allkeys-lru")
    assert replace(client, *data_set("6")) == 24


def test_of_two_loads_at_once_the_one_that_began_last_is_served(client, monkeypatch):
    there = redis_set.count

    def overtaken(client, table, data):
        if data.version == "6":
            replace(client, *data_set("7"))
            client.mset({f"features:{data.id}:{account}": b"late" for account in range(ROWS)})
        return there(client, table, data)

    monkeypatch.setattr(redis_set, "count", overtaken)
    with pytest.raises(NotWhole, match="another load has begun"):
        replace(client, *data_set("6"))
    assert served(client) == "7"
