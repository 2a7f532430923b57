"""The command itself where its end is the question; its function where the reason is: Feast takes seconds to import."""

import contextlib
import socket

import pytest
import redis as redis_client
from conftest import run
from feast_store import materialize
from feast_store.build import generate
from feast_store.remote import open_store
from feast_store.views import PROJECT, VIEWS
from mlstack_common import tables
from mlstack_common.data_sets import current
from mlstack_common.ending import Failure
from mlstack_testing import free_port

PASSWORD = "hunter2"


@pytest.fixture
def folder(tmp_path):
    tables.write(tmp_path / "features", "1", generate(300, 3, 7, "1"))
    return tmp_path / "features"


@pytest.fixture
def variables(registry, redis, folder):
    return {
        "FEAST_REGISTRY_URI": registry.uri, "FEAST_DATA": folder, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": redis.port,
        "REDIS_PASSWORD": "secret", "REDIS_WAIT": 0, "REGISTRY_WAIT": 0,
    }  # fmt: skip


@pytest.fixture
def inside(variables, monkeypatch):
    """The command's function in this process, with other variables."""

    def call(**env):
        for name, value in (variables | env).items():
            monkeypatch.setenv(name, str(value))
        materialize.materialize()

    return call


def failure(call, **env):
    with pytest.raises(Failure) as failed:
        call(**env)
    assert len(str(failed.value).splitlines()) == 1 and PASSWORD not in str(failed.value)
    return failed.value.code, str(failed.value)


def in_redis(registry, redis, folder, accounts):
    """What Feast finds in Redis for the data set that is current there: the rows by view."""
    # Feast's own class: its reader, too, puts the project behind the entity.
    online = {"type": "redis", "connection_string": f"127.0.0.1:{redis.port},password=secret"}
    store = open_store(registry.uri, PROJECT, folder, online)
    keys = type(store.provider.online_store)._generate_redis_keys_for_entities
    store.provider.online_store._generate_redis_keys_for_entities = lambda config, entities: [
        key + f"@{served(redis)}".encode() for key in keys(store.provider.online_store, config, entities)
    ]
    return {
        view: store.get_online_features([f"{view}:{column}" for column in columns], {"account_id": accounts}).to_df()[columns]
        for view, columns in VIEWS.items()
    }


def newest(tables, accounts):
    rows = {name: table.to_pandas().sort_values("event_timestamp").drop_duplicates("account_id", keep="last") for name, table in tables.items()}
    return {view: rows[f"{view}.parquet"].set_index("account_id").loc[accounts, columns].reset_index(drop=True) for view, columns in VIEWS.items()}


def test_copies_the_newest_row_of_every_account_and_says_how_many(variables, registry, redis, folder):
    done = run("feast-materialize", **variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, "materialized account_profile: 300 rows\nmaterialized last_payment: 300 rows\n", "")
    accounts = list(range(1, 301))
    wanted = newest(generate(300, 3, 7, "1"), accounts)
    for view, rows in in_redis(registry, redis, folder, accounts).items():
        assert rows.astype(float).equals(wanted[view])


def test_another_version_replaces_values_and_removes_accounts_whatever_their_times(inside, registry, redis, folder, capsys):
    inside()
    redis.set("another's", "value")
    data = generate(200, 2, 7, "2")  # its newest rows are of the same two days: some are older than those in Redis
    tables.write(folder, "2", data)
    inside()
    assert "removed 300 entities of the version before" in capsys.readouterr().out
    assert redis.dbsize() == 202 and redis.get("another's") == b"value"
    wanted = newest(data, list(range(1, 201)))
    for view, rows in in_redis(registry, redis, folder, list(range(1, 201))).items():
        assert rows.astype(float).equals(wanted[view])


def test_another_run_heals_a_redis_that_lost_everything(inside, redis):
    inside()
    redis.flushall()
    inside()
    assert redis.dbsize() == 301


class Killed(BaseException):
    """As sudden as SIGKILL."""


def values(redis, data_set):
    """All that Redis holds of a data set."""
    return {key: redis.hgetall(key) for key in redis.keys(f"*@{data_set}")}


def served(redis):
    return redis.get(f"{PROJECT}@current").decode()


def test_a_run_that_is_killed_at_any_step_leaves_the_old_version_or_the_new_one_whole(inside, redis, folder, monkeypatch):
    send = redis_client.connection.AbstractConnection.send_packed_command
    versions = [("new", generate(20, 2, 7, "2")), ("old", generate(30, 2, 7, "1"))]
    whole = {}
    for version, data in versions:
        tables.write(folder, version, data)
        inside()
        whole[served(redis)] = version, values(redis, served(redis))
    tables.write(folder, *versions[0])
    seen = []
    for step in range(100):
        steps = iter(range(step))

        def dying(*given, steps=steps, **options):
            if next(steps, None) is None:
                raise Killed
            return send(*given, **options)

        with monkeypatch.context() as patch:
            patch.setattr(redis_client.connection.AbstractConnection, "send_packed_command", dying)
            with contextlib.suppress(Killed):
                inside()
        version, content = whole[served(redis)]
        assert values(redis, served(redis)) == content
        seen.append(version)
        if next(steps, None) is not None:
            break
    assert seen[0] == "old" and seen[-1] == "new" and seen == sorted(seen, reverse=True)
    assert redis.dbsize() == 21


def test_a_full_redis_is_said_with_the_setting_that_gives_more(inside, redis, folder):
    inside()
    redis.config_set("maxmemory", redis.info("memory")["used_memory"] + 20_000)
    tables.write(folder, "2", generate(3000, 2, 7, "2"))
    code, message = failure(inside)
    assert code == 5 and "is full: two versions must fit; raise feast.redis.resources.memory" in message


def test_no_rows_are_a_failure_and_redis_keeps_what_it_has(inside, run_fork, variables, redis, folder):
    inside()
    tables.write(folder, "2", generate(0, 3, 7, "1"))
    done = run_fork("feast-materialize", **variables)
    assert done.returncode == 3
    assert done.stderr.startswith("account_profile: ") and "holds 0 rows" in done.stderr and len(done.stderr.splitlines()) == 1
    assert redis.dbsize() == 301


def test_one_empty_view_is_named(inside, folder):
    tables.write(folder, "2", generate(5, 2, 7, "1") | {"last_payment.parquet": generate(0, 2, 7, "1")["last_payment.parquet"]})
    code, message = failure(inside)
    assert code == 3 and message.startswith("last_payment: ")


def test_a_damaged_file_is_a_failure_before_anything_is_written(inside, redis, folder):
    path = current(folder).path("last_payment.parquet")
    path.write_bytes(path.read_bytes()[:-50])
    code, message = failure(inside)
    assert code == 4 and str(path) in message and "build the features again" in message
    assert redis.dbsize() == 0


def test_a_wrong_password_is_reported_and_not_shown(run_fork, variables):
    done = run_fork("feast-materialize", **variables | {"REDIS_PASSWORD": PASSWORD, "REDIS_WAIT": 600})
    assert done.returncode == 5
    assert "refuses the password in REDIS_PASSWORD" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("password", ["a,b=c", "1e5", '"', "{}", "é ü"])
def test_any_password_is_taken_as_it_is(inside, redis, password):
    redis.config_set("requirepass", password)
    inside(REDIS_PASSWORD=password)


def test_says_who_does_not_answer(inside):
    code, message = failure(inside, REDIS_PORT=1, REDIS_PASSWORD=PASSWORD)
    assert code == 5 and message.startswith("redis://127.0.0.1:1 cannot be reached: ")
    port = free_port()
    code, message = failure(inside, FEAST_REGISTRY_URI=f"127.0.0.1:{port}")
    assert code == 5 and message.startswith(f"registry 127.0.0.1:{port} cannot be reached: UNAVAILABLE")


def test_gives_up_on_a_redis_that_is_lost_while_it_writes(inside, redis, monkeypatch):
    monkeypatch.setattr(materialize, "reach", lambda call, *_: call() if redis.process.poll() is None else None)
    find = materialize.newest_rows
    inside()

    def then_lost(*given):
        redis.process.kill()
        redis.process.wait()
        return find(*given)

    monkeypatch.setattr(materialize, "newest_rows", then_lost)
    code, message = failure(inside)
    assert code == 5 and "cannot be reached" in message


def test_gives_up_on_a_registry_that_accepts_and_says_nothing(inside, monkeypatch):
    monkeypatch.setattr("feast_store.remote.CALL", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, _ = failure(inside, FEAST_REGISTRY_URI=f"127.0.0.1:{silent.getsockname()[1]}")
    assert code == 5


def test_notices_that_redis_does_not_give_back_what_was_written(inside, redis, monkeypatch):
    check = materialize.check

    def after_a_loss(*given):
        redis.delete(redis.randomkey())
        check(*given)

    monkeypatch.setattr(materialize, "check", after_a_loss)
    code, message = failure(inside)
    assert code == 5 and "account_profile: " in message and "does not hold what was written" in message


def test_knows_no_other_project(inside):
    code, message = failure(inside, FEAST_PROJECT="another")
    assert code == 4 and "FEAST_PROJECT" in message


def test_refuses_all_wrong_settings_at_once(run_fork):
    done = run_fork("feast-materialize", FEAST_REGISTRY_URI="nowhere", REDIS_PORT=0, REDIS_PASSWORD=PASSWORD)
    assert done.returncode == 2 and PASSWORD not in done.stderr
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"FEAST_REGISTRY_URI", "REDIS_HOST", "REDIS_PORT"}
