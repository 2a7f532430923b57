"""PostgreSQL as the platform runs it: its first start, its password, its end, its backup."""

import os
import signal
import subprocess
from pathlib import Path

import mlstack_testing
import pytest

PASSWORD = "it's a \"pass word\" \\ with £ and #"


@pytest.fixture
def start():
    """Starts PostgreSQL with the given variables, the first time without a table; everything started is ended with the test."""
    started = []

    def run(password=PASSWORD, **env):
        process = subprocess.Popen(["postgres-start"], env={**os.environ, "POSTGRES_PASSWORD": password, **env})
        started.append(process)

        def is_ready():
            assert process.poll() is None, f"postgres ended with {process.returncode}"
            return subprocess.run(["postgres-health"], check=False).returncode == 0

        mlstack_testing.until(is_ready)
        if len(started) == 1:
            empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner"
            assert sql(empty, password=password).returncode == 0
        return process

    yield run
    for process in reversed(started):
        end(process, signal.SIGINT)


def end(process, how):
    """By the signal; all of its processes are gone then."""
    if process.poll() is None:
        process.send_signal(how)
    process.wait(mlstack_testing.PATIENCE)
    mlstack_testing.until(lambda: subprocess.run(["pgrep", "-x", "postgres"], capture_output=True, check=False).returncode != 0)


def sql(text, password=PASSWORD, user="app"):
    """What the server answers a client of another machine."""
    env = {**os.environ, "PGPASSWORD": password}
    words = ["psql", "-h", "127.0.0.1", "-U", user, "-d", "app", "-qAt", "-c", text]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


def program(*words, **options):
    return subprocess.run(words, capture_output=True, check=False, **options)


def test_the_first_start_makes_the_database_and_the_next_keeps_it(start):
    # A first start that was killed has left this, which the next begins again.
    os.makedirs("/data/postgres.new/base")
    server = start()
    assert sql("CREATE TABLE t (i int); INSERT INTO t VALUES (1)").returncode == 0
    end(server, signal.SIGINT)
    start()
    assert sql("SELECT i FROM t").stdout == "1\n"


def test_what_was_acknowledged_survives_a_kill(start):
    server = start()
    assert sql("CREATE TABLE t (i int); INSERT INTO t VALUES (1)").returncode == 0
    subprocess.run(["pkill", "-KILL", "-x", "postgres"], check=True)
    end(server, signal.SIGKILL)
    start()
    assert sql("SELECT i FROM t").stdout == "1\n"


def test_asks_others_for_the_password_and_gives_the_user_no_more_than_its_database(start):
    start()
    assert "password authentication failed" in sql("SELECT 1", password="wrong").stderr
    assert sql("SELECT 1", user="postgres").returncode != 0
    assert sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").stdout == "f\n"


def test_another_password_holds_from_the_next_start_on(start):
    end(start(), signal.SIGINT)
    start("another password")
    assert sql("SELECT 1").returncode != 0
    assert sql("SELECT 1", password="another password").stdout == "1\n"


def test_ends_in_time_with_clients_connected(start):
    server = start()
    client = subprocess.Popen(["psql", "-U", "app", "-d", "app", "-c", "SELECT pg_sleep(600)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    mlstack_testing.until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(600)'").stdout != "0\n")
    end(server, signal.SIGINT)
    assert (server.returncode, client.wait(mlstack_testing.PATIENCE) != 0) == (0, True)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"POSTGRES_PASSWORD": ""}, "POSTGRES_PASSWORD: is required"),
        ({"POSTGRES_PASSWORD": "x", "POSTGRES_USER": "postgres"}, "POSTGRES_USER: must not be postgres"),
        ({"POSTGRES_PASSWORD": "x", "POSTGRES_DB": "template1"}, "POSTGRES_DB: is PostgreSQL's own"),
    ],
)
def test_refuses_variables_that_cannot_be(env, said):
    result = program("postgres-start", env={**os.environ, **env}, text=True)
    assert (result.returncode, said in result.stderr) == (2, True)


def test_refuses_a_second_server_and_another_version_of_the_files(start):
    server = start()
    env = {**os.environ, "POSTGRES_PASSWORD": PASSWORD}
    assert "in use by another server" in program("postgres-start", env=env, text=True).stderr
    end(server, signal.SIGINT)
    file = Path("/data/postgres/PG_VERSION")
    made = file.read_text(encoding="utf8")
    file.write_text("9\n", encoding="utf8")
    assert "was made by PostgreSQL 9" in program("postgres-start", env=env, text=True).stderr
    file.write_text(made, encoding="utf8")


def test_brings_a_backup_back_whole_or_not_at_all(start):
    start()
    sql("CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t")
    assert program("postgres-backup", "/tmp/backup.tar").returncode == 0
    assert b"exists" in program("postgres-backup", "/tmp/backup.tar").stderr
    sql("INSERT INTO t VALUES (2); CREATE TABLE later (i int)")
    assert b"has 2 tables; say --replace" in program("postgres-restore", "/tmp/backup.tar").stderr
    with open("/tmp/backup.tar", "rb") as backup:
        assert program("postgres-restore", "--replace", "-", stdin=backup).returncode == 0
    assert sql("SELECT i FROM v").stdout == "1\n"
    assert sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").stdout == "1\n"
    assert sql("INSERT INTO t VALUES (3)").returncode == 0


def test_touches_nothing_for_a_damaged_backup(start):
    start()
    sql("CREATE TABLE t (i int)")
    whole = program("postgres-backup", "-").stdout
    at = whole.index(b"PGDMP") + 100
    for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], b"no backup"):
        result = program("postgres-restore", "--replace", "-", input=damaged)
        assert result.returncode == 2
        assert sql("SELECT count(*) FROM t").stdout == "0\n"
