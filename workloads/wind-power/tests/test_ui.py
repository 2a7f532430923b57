"""The page, as a browser asks for it."""

import json
import re
import sqlite3
import urllib.request

import pytest
from conftest import STEP, held, once, sqlite_at
from metrics_contract import conforms
from mlstack_testing import PATIENCE, run, until

OUTPUTS = ("trouble", "measured", "predicted", "newest", "mae", "rmse")


@pytest.fixture(scope="module")
def bare(page, tmp_path_factory):
    """A page without a database, and where it looks for one."""
    place = sqlite_at(tmp_path_factory.mktemp("bare"))
    return place, page("ui", place)


def refresh(ui):
    """What the page shows now, asked as its own script does."""
    described = next(one for one in json.loads(ui.get("/_dash-dependencies")[1]) if "newest.children" in one["output"])
    outputs = [dict(zip(("id", "property"), one.rsplit(".", 1))) for one in described["output"].strip(".").split("...")]
    body = {"output": described["output"], "outputs": outputs, "inputs": [{"id": "asked", "property": "data", "value": 1}]}
    body["changedPropIds"] = ["asked.data"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{ui.port}/_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())["response"]


def shown(ui):
    found = refresh(ui)
    return {name: found[name]["children"] for name in OUTPUTS}


def test_without_anything_it_says_so_and_is_healthy(bare):
    sqlite, ui = bare
    empty = {name: "–" for name in OUTPUTS}
    assert shown(ui) == empty | {"trouble": "no data yet: the database is not there; `history` makes it"}
    sqlite3.connect(sqlite.url.removeprefix("sqlite:///")).execute("PRAGMA journal_mode = WAL")
    assert shown(ui) == empty | {"trouble": "no data yet: there are no measurements; `history` and `stream` write them"}
    assert ui.get("/healthz")[0] == 200


def test_it_shows_rows_predictions_errors_and_steps(postgresql, page):
    place = postgresql.place()
    once("history", place)
    ui = page("ui", place)
    assert shown(ui)["measured"] == "600"
    connection = place.connect()
    connection.execute("INSERT INTO predictions SELECT time, power + 10, '3', 1 FROM measurements")
    connection.execute("DELETE FROM predictions WHERE time = (SELECT max(time) FROM measurements)")
    connection.commit()
    assert shown(ui) == {
        "trouble": "",
        "measured": "600",
        "predicted": "599",
        "newest": "31 Dec 2025 23:40",
        "mae": "10.0 kW",
        "rmse": "10.0 kW",
    }
    found = refresh(ui)
    measured, predicted = found["power"]["figure"]["data"]
    assert len(measured["y"]) == 144 and predicted["y"][-1] is None and predicted["y"][0] == pytest.approx(measured["y"][0] + 10)
    assert "history" in json.dumps(found["steps"]) and "600 rows, seed 7, version 1" in json.dumps(found["steps"])


def test_it_shows_the_model_and_its_links(sqlite, mlflow_server, page):
    once("history", sqlite)
    once("train", sqlite, server=mlflow_server, MODEL_NAME="shown")
    ui = page("ui", sqlite, mlflow_server, MODEL_NAME="shown", MLFLOW_UI_URI="https://mlflow.example", KEDRO_VIZ_URI="https://viz.example:4141")
    until(lambda: "model-version" in json.dumps(refresh(ui)["model"]))
    model = json.dumps(refresh(ui)["model"])
    assert all(f'"id": "model-{name}"' in model for name in ("name", "version", "alias", "mae", "rmse")) and '"shown"' in model
    layout = json.dumps(json.loads(ui.get("/_dash-layout")[1]))  # Plotly writes each / as an escape
    assert "https://mlflow.example" in layout and "https://viz.example:4141" in layout


def test_a_locked_database_is_said_and_costs_no_health(sqlite, page):
    once("history", sqlite)
    ui = page("ui", sqlite)
    file = sqlite.url.removeprefix("sqlite:///")
    with held(sqlite, "PRAGMA journal_mode = DELETE"):  # in this mode readers wait, too
        assert shown(ui)["trouble"] == f"no data now: {file}: database is locked"
        assert ui.get("/healthz")[0] == 200
    assert shown(ui)["trouble"] == ""


def test_all_that_a_browser_loads_is_here(bare):
    _, ui = bare
    status, text = ui.get("/")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    # What its scripts load later.
    loaded += [f"/_dash-component-suites/{one}" for one in ("plotly/package_data/plotly.min.js", "dash/dcc/async-graph.js")]
    assert status == 200 and len(loaded) > 5 and all(one.startswith("/") for one in loaded)
    assert {ui.get(one)[0] for one in loaded} == {200}


def test_numbers_are_by_route(bare):
    _, ui = bare
    series = 'mlstack_requests_total{code="200",component="ui",route="/<path:path>"}'
    before = ui.metric(series) or 0
    ui.get("/nowhere/at/all")
    conforms(ui.get("/metrics")[1], "ui")
    assert ui.metric(series) == before + 1


def test_its_port_is_its_own(bare):
    sqlite, ui = bare
    second = run(*STEP, "ui", DATABASE_URL=sqlite.url, API_PORT=str(ui.port), HOME="/tmp")
    assert (second.returncode, second.stderr) == (3, f"API_PORT {ui.port} cannot be used: Address already in use; choose another\n")
