"""Real databases, a real MLflow server, and the steps as the image runs them."""

import functools
import os
import sqlite3
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
from mlflow_server import *  # noqa: F403
from mlstack_testing import PATIENCE, free_port, kill, run, start, until
from preloaded import Preloaded

STEP = ("/opt/venv/bin/python", "-m", "wind_power")
SMALL = {"HISTORY_ROWS": "600", "ROUNDS": "30"}
PROGRAMS = next(Path("/usr/lib/postgresql").glob("*/bin"))


class Place:
    """A database: its address, and a look into it."""

    def __init__(self, url, connect):
        self.url, self.connect = url, connect

    def ask(self, question):
        """All rows of an answer."""
        connection = self.connect()
        try:
            return [tuple(row) for row in connection.execute(question).fetchall()]
        finally:
            connection.close()

    def count(self, table):
        return self.ask(f"SELECT count(*) FROM {table}")[0][0]

    def has(self, table):
        try:
            return self.count(table) >= 0
        except (sqlite3.Error, psycopg.Error):
            return False


def sqlite_at(folder):
    file = Path(folder) / "wind.db"
    return Place(f"sqlite:///{file}", lambda: sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=30))


class PostgreSql:
    """A server on a folder; can be killed and started again."""

    def __init__(self, folder):
        self.folder, self.port, self.names = folder, free_port(), 0
        (folder / "password").write_text("hunter2 %/@")
        make = [PROGRAMS / "initdb", "-D", folder / "data", "-U", "wind", "-A", "scram-sha-256", "--pwfile", folder / "password", "--locale", "C"]
        subprocess.run(make, check=True, capture_output=True)
        self.start()

    def start(self):
        program = [PROGRAMS / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder]
        self.process = start(*program, log=self.folder / "log")
        until(self.answers)

    def answers(self):
        try:
            self.connect("postgres").close()
        except psycopg.Error:
            return False
        return True

    def connect(self, name):
        return psycopg.connect(host="127.0.0.1", port=self.port, user="wind", password="hunter2 %/@", dbname=name, autocommit=True, client_encoding="utf8")

    def place(self):
        """A new database."""
        self.names += 1
        name = f"wind{self.names}"
        self.connect("postgres").execute(f"CREATE DATABASE {name}")
        return Place(f"postgresql://wind:hunter2%20%25%2F%40@127.0.0.1:{self.port}/{name}", lambda: self.connect(name))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    server = PostgreSql(tmp_path_factory.mktemp("postgresql"))
    yield server
    kill(server.process)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """A fresh database of each kind."""
    return sqlite_at(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql").place()


@pytest.fixture
def sqlite(tmp_path):
    return sqlite_at(tmp_path)


LIBRARIES = ("lightgbm", "mlflow.lightgbm", "prometheus_client", "psycopg", "pydantic_settings", "sqlalchemy.dialects.postgresql.psycopg")


@functools.cache
def preloaded():
    """The libraries of the steps, imported once for all: that takes longer than most steps. None of their own modules, which note
    when they began. What a step reads of its variables before it imports them is here too."""
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "WARNING", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
    tries = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
    always = {"PATH": os.environ["PATH"], "HOME": "/tmp", "GIT_PYTHON_REFRESH": "quiet", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    return Preloaded(*LIBRARIES, env=always | quiet | tries)


def once(step, place, code=0, server=None, as_program=False, **env):
    """Runs a step to its end: as a program, or as a fork that is as this once it has imported its libraries. What it said."""
    given = SMALL | {"DATABASE_URL": place.url, "HOME": "/tmp"} | ({"MLFLOW_TRACKING_URI": server.url} if server else {}) | env
    if as_program:
        done = run(*STEP, step, **given)
    else:
        done = preloaded().run("-m", "wind_power", step, env={"PATH": os.environ["PATH"]} | given, timeout=None)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "hunter2" not in done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


class Running:
    """A step that does not end."""

    def __init__(self, begin, command, log, port, env):
        self.log, self.port = log, port
        self.process = begin(*command, log=log, env={"PATH": os.environ["PATH"], "HOME": "/tmp", **env})

    def said(self, text):
        """Whether it said it; fails if it has ended."""
        assert self.process.poll() is None, self.log.read_text()
        return text in self.log.read_text()

    def get(self, path):
        """Status and text of an answer; status 0 while there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, series):
        """The value of one series, or None."""
        lines = dict(line.rsplit(" ", 1) for line in self.get("/metrics")[1].splitlines() if not line.startswith("#"))
        return float(lines[series]) if series in lines else None


@contextmanager
def beginner(folder):
    """Begins steps: as forks, pages and further programs as what they are. All are killed at the end."""
    running = []

    def call(step, place, server=None, command=None, file=None, as_program=False, **env):
        port = free_port()
        always = {"STEP_PORT": str(port), "POLL_INTERVAL": "0.2", "STREAM_INTERVAL": "0.1", "DATABASE_URL": place.url}
        is_page = step in ("ui", "kedro-viz")
        page = {"API_PORT": str(port)} if is_page else {}
        given = always | page | ({"MLFLOW_TRACKING_URI": server.url} if server else {}) | {name: str(value) for name, value in env.items()}
        log = folder / f"{step}-{len(running)}.log"
        if command or is_page or as_program:
            running.append(Running(start, command or (*STEP, step), log, port, given))
        else:
            running.append(Running(preloaded().start, file or ("-m", "wind_power", step), log, port, given))
        return running[-1]

    yield call
    for step in running:
        kill(step.process)


@pytest.fixture
def begin(tmp_path):
    """Begins a step for one test."""
    with beginner(tmp_path) as call:
        yield call


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Begins a page for all tests of a file, since its libraries take seconds to load; answers when it does."""
    with beginner(tmp_path_factory.mktemp("pages")) as call:

        def begun(step, place, server=None, **env):
            running = call(step, place, server, **env)
            until(lambda: running.said("") and running.get("/healthz")[0] == 200)
            return running

        yield begun


@contextmanager
def held(place, *first):
    """Nobody else can write to SQLite meanwhile."""
    connection = place.connect()
    connection.isolation_level = None
    for statement in (*first, "BEGIN EXCLUSIVE"):
        connection.execute(statement)
    try:
        yield
    finally:
        connection.close()


def points(place):
    """Numbers upward from 0, a third to all of them: seeded, and others on each kind of database."""
    seeded, point = Random(place.url.split(":")[0]), 0
    while True:
        yield point
        point += seeded.randint(1, 3)


@pytest.fixture
def killer():
    """Runs a step that is killed at a point; says whether it was, or else ended well."""
    running = []

    def prepare(step, place, **env):
        given = {"PATH": os.environ["PATH"], "DATABASE_URL": place.url, "STEP_PORT": str(free_port()), **env}
        process = subprocess.Popen(
            [STEP[0], "/tests/killed.py", step], env=given, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        running.append(process)

        def killed(point):
            print(point, file=process.stdin, flush=True)
            while (line := process.stdout.readline()).strip() not in ("0", "-9"):
                assert line.startswith("wrote"), line
            return line.strip() == "-9"

        return killed

    yield prepare
    for process in running:
        kill(process)
