"""The graph of the Kedro project, and the project itself."""

import json
import urllib.error
import urllib.request

import pytest
from conftest import STEP, once, sqlite_at
from mlstack_testing import PATIENCE, run


@pytest.fixture(scope="module")
def graph(page, tmp_path_factory):
    # No name is found and no packet leaves: a container of these tests could otherwise reach PyPI.
    return page("kedro-viz", sqlite_at(tmp_path_factory.mktemp("graph")), HTTPS_PROXY="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1")


def ask(step, method, path):
    request = urllib.request.Request(f"http://127.0.0.1:{step.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_shows_the_project_and_asks_nobody_else(graph):
    main = json.loads(graph.get("/api/main")[1])
    assert {"history", "features", "fit", "register", "measurements", "model_version"} <= {node["name"] for node in main["nodes"]}
    version = json.loads(graph.get("/api/version")[1])
    assert version["latest"] == version["installed"] and not version["is_outdated"]
    for path in ("/", "/workflow"):
        status, page = graph.get(path)
        assert status == 200 and "https://" not in page and "heap" not in page and 'src="./assets/' in page
    assert ask(graph, "HEAD", "/") == (200, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_can_only_be_read(graph, method):
    assert ask(graph, method, "/api/deploy") == (405, "only GET and HEAD\n")


def test_on_its_port_or_not_at_all(graph):
    second = run(*STEP, "kedro-viz", API_PORT=str(graph.port), HOME="/tmp")
    assert (second.returncode, second.stderr) == (3, f"API_PORT {graph.port} cannot be used: Address already in use; choose another\n")


def test_without_a_project_it_ends_with_an_error(tmp_path):
    missing = run(*STEP, "kedro-viz", KEDRO_PROJECT=str(tmp_path), API_PORT="9497", HOME="/tmp")
    assert (missing.returncode, missing.stderr) == (
        4,
        f"{tmp_path} is no Kedro project: it has no pyproject.toml; correct KEDRO_PROJECT\n",
    )


def test_kedro_runs_the_batch_part_as_the_steps_do(sqlite, mlflow_server):
    given = {"DATABASE_URL": sqlite.url, "MLFLOW_TRACKING_URI": mlflow_server.url, "HISTORY_ROWS": "600", "ROUNDS": "30", "MODEL_NAME": "kedro"}
    done = run("/bin/sh", "-c", "cd /app/kedro && exec /opt/venv/bin/kedro run", HOME="/tmp", **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sqlite.count("measurements") == 600
    assert sorted(sqlite.ask("SELECT step FROM steps")) == [("history",), ("train",)]
    said = once("train", sqlite, server=mlflow_server, MODEL_NAME="kedro")
    assert said == "kedro version 1 is of the same rows and parameters, alias champion -> 1\n"
