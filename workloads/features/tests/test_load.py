import socket

import numpy as np
import pytest
import redis
from mlstack_testing import run


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "features"
    assert run("features-build", STORAGE_BASE_DIR=str(target), ACCOUNTS="2500", EDGES="10", DATA_VERSION="v1").returncode == 0
    return target


@pytest.fixture
def client(redis_port):
    return redis.Redis(port=redis_port, password="secret")


@pytest.fixture
def load(folder, redis_port):
    def command(**env):
        given = {"STORAGE_BASE_DIR": str(folder), "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_port), "REDIS_PASSWORD": "secret", "REDIS_WAIT": "0"}
        return run("features-load", **{**given, **env})

    return command


def test_loads_every_row_and_says_how_many(load, client, redis_port):
    done = load()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"loaded 2500 rows from accounts.parquet (version v1) into redis://127.0.0.1:{redis_port} in ")
    assert len(list(client.scan_iter("features:*", count=1000))) == 2501
    assert np.frombuffer(client.get("features:7"), "<f4").shape == (16,)
    meta = client.hgetall("features:meta")
    assert meta[b"rows"] == b"2500" and meta[b"version"] == b"v1"


def test_removes_accounts_that_are_gone(load, client):
    client.set("features:999999", b"x")
    assert load().returncode == 0
    assert client.get("features:999999") is None


def test_fails_on_no_rows_and_keeps_what_redis_has(load, client, folder):
    client.set("features:1", b"old")
    run("features-build", STORAGE_BASE_DIR=str(folder), ACCOUNTS="0", EDGES="0")
    done = load()
    assert done.returncode == 3
    assert "holds 0 rows" in done.stderr
    assert client.get("features:1") == b"old"


@pytest.mark.parametrize("name", ["accounts.parquet", "manifest.json"])
def test_fails_on_a_file_that_is_cut_off(load, folder, client, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = load()
    assert done.returncode == 4
    assert name in done.stderr and "build the features again" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert client.dbsize() == 0


def test_fails_on_a_wrong_password_without_showing_it(load):
    done = load(REDIS_PASSWORD="hunter2")
    assert done.returncode == 5
    assert "refuses the password" in done.stderr and "hunter2" not in done.stderr + done.stdout


def test_fails_when_no_redis_answers(load):
    done = load(REDIS_PORT="1")
    assert done.returncode == 5
    assert "redis://127.0.0.1:1 cannot be reached" in done.stderr and "Traceback" not in done.stderr


def test_names_the_missing_variable(folder):
    done = run("features-load", STORAGE_BASE_DIR=str(folder))
    assert done.returncode == 2
    assert "REDIS_HOST: " in done.stderr


def test_gives_up_in_time_on_a_redis_that_accepts_and_says_nothing(load):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = load(REDIS_PORT=str(silent.getsockname()[1]))
    assert done.returncode == 5
    assert "cannot be reached" in done.stderr
