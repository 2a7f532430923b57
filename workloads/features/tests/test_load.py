import socket
import sys

import numpy as np
import pytest
import redis
from mlstack_testing import free_port, kill, listens, run, start, until


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
    mark = client.hgetall("features:current")
    assert mark[b"rows"] == b"2500" and mark[b"version"] == b"v1" and mark[b"names"].split(b",")[0] == b"f00"
    served = mark[b"set"].decode()
    assert len(list(client.scan_iter(f"features:{served}:*", count=1000))) == 2500
    assert np.frombuffer(client.get(f"features:{served}:7"), "<f4").shape == (16,)


def test_fails_on_no_rows_and_keeps_what_redis_has(load, client, folder):
    assert load().returncode == 0
    before = {key: client.dump(key) for key in client.keys()}
    run("features-build", STORAGE_BASE_DIR=str(folder), ACCOUNTS="0", EDGES="0")
    done = load()
    assert done.returncode == 3
    assert "holds 0 rows" in done.stderr
    assert {key: client.dump(key) for key in client.keys()} == before


@pytest.mark.parametrize("name", ["accounts.parquet", "manifest.json"])
def test_fails_on_a_file_that_is_cut_off(load, folder, client, name):
    path = next(folder.glob(f"data-*/{name}"), folder / name)
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


def test_a_full_redis_is_said_with_the_setting_that_gives_more(load, client, folder):
    assert load().returncode == 0
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory", used + 100_000)
    run("features-build", STORAGE_BASE_DIR=str(folder), ACCOUNTS="2500", EDGES="10", DATA_VERSION="v2")
    done = load()
    assert done.returncode == 5
    assert "is full: 2500 rows need 1 MiB beside the " in done.stderr and "features.redis.resources.memory" in done.stderr
    assert "features.redis.maxMemory" in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert client.hget("features:current", "version") == b"v1"


def test_a_redis_that_ends_while_it_is_loaded_is_said_in_words(load, folder, redis_port, tmp_path):
    proxy = tmp_path / "proxy.py"
    proxy.write_text(RESETS)
    port = free_port()
    process = start(sys.executable, str(proxy), str(port), str(redis_port))
    until(lambda: listens(port))
    done = load(REDIS_PORT=str(port))
    kill(process)
    assert done.returncode == 5
    assert "was lost while features were loaded (" in done.stderr and "too little memory: raise features.redis.resources.memory" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


RESETS = """
import socket, struct, sys, threading
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    one = server.accept()[0]
    redis = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    def back(one=one, redis=redis):
        while data := redis.recv(65536):
            one.sendall(data)
    threading.Thread(target=back, daemon=True).start()
    while data := one.recv(65536):
        if b"MSET" in data:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
            break
        redis.sendall(data)
"""
