"""Redis as the platform runs it: its password, its append-only file, its health command."""

import os
import signal
import socket
import subprocess

import mlstack_testing
import pytest

PASSWORD = "it's a \"pass word\" \\ with £ and #"


@pytest.fixture
def start():
    """Starts Redis with the given variables; everything started is ended with the test."""
    started = []

    def run(**env):
        process = subprocess.Popen(["redis-start"], env={**os.environ, **env}, stdout=subprocess.DEVNULL)
        started.append(process)
        until(lambda: health(env) == 0, process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def empty_data():
    subprocess.run("rm -rf /data/*", shell=True, check=True)


def until(condition, process):
    """Waits for `condition` as long as the process lives."""

    def is_so():
        assert process.poll() is None, f"redis ended with {process.returncode}"
        return condition()

    mlstack_testing.until(is_so)


def health(env):
    return subprocess.run(["redis-health"], env={**os.environ, **env}, check=False).returncode


def cli(*words, password=None):
    env = os.environ if password is None else {**os.environ, "REDISCLI_AUTH": password}
    return subprocess.run(["redis-cli", "--no-auth-warning", *words], env=env, capture_output=True, text=True, check=False).stdout.strip()


def test_takes_a_password_with_quotes_spaces_and_backslashes(start):
    start(REDIS_PASSWORD=PASSWORD)
    assert cli("set", "a", "1", password=PASSWORD) == "OK"


def test_refuses_another_password_and_none(start):
    start(REDIS_PASSWORD=PASSWORD)
    assert "NOAUTH" in cli("get", "a")
    assert "NOAUTH" in cli("get", "a", password="wrong") or "WRONGPASS" in cli("get", "a", password="wrong")


def test_health_fails_with_the_wrong_password(start):
    start(REDIS_PASSWORD=PASSWORD)
    assert health({"REDIS_PASSWORD": "wrong"}) != 0


def test_health_fails_when_nothing_listens():
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 6379)) != 0
    assert health({}) != 0


def test_never_writes_the_password_down(start):
    process = start(REDIS_PASSWORD=PASSWORD)
    with open("/tmp/redis.conf", encoding="utf8") as config:
        assert PASSWORD not in config.read()
    with open(f"/proc/{process.pid}/cmdline", encoding="utf8") as arguments:
        assert PASSWORD not in arguments.read()


def test_keeps_every_acknowledged_write_over_a_kill(start):
    first = start()
    assert cli("set", "key", "1") == "OK"
    pipe = "".join(f"SET bulk:{number} {number}\r\n" for number in range(2000))
    done = subprocess.run(["redis-cli", "--pipe"], input=pipe, capture_output=True, text=True, check=True)
    assert "errors: 0, replies: 2000" in done.stdout
    first.send_signal(signal.SIGKILL)
    first.wait()
    start()
    assert cli("get", "key") == "1"
    assert cli("get", "bulk:1999") == "1999"


def test_ends_on_a_request_to_stop(start):
    process = start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=mlstack_testing.PATIENCE) == 0


def test_refuses_a_write_over_its_memory_and_forgets_nothing(start):
    start(REDIS_MAXMEMORY="2mb")
    assert cli("set", "kept", "1") == "OK"
    answers = {cli("set", f"big:{number}", "x" * 100_000) for number in range(30)}
    assert any("OOM" in answer for answer in answers)
    assert cli("get", "kept") == "1"


def test_throws_keys_away_only_when_told_to(start):
    start(REDIS_MAXMEMORY=str(3 * 1024 * 1024), REDIS_POLICY="allkeys-lru")
    assert {cli("set", f"big:{number}", "x" * 100_000) for number in range(40)} == {"OK"}
    assert cli("config", "get", "maxmemory").splitlines() == ["maxmemory", "3145728"]


def test_the_writer_of_a_new_file_ends_before_redis_where_memory_runs_out(start):
    process = start()
    assert cli("config", "get", "oom-score-adj").splitlines() == ["oom-score-adj", "yes"]
    with open(f"/proc/{process.pid}/oom_score_adj", encoding="utf8") as score:
        assert int(score.read()) < 800
