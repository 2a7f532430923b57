"""The one contract of metrics: names, labels, and what is never said."""

import asyncio
import re
import subprocess
import sys
import time

import pytest
from fastapi import APIRouter, FastAPI
from mlstack_common.measure import OTHER, measure
from mlstack_common.metrics import FeatureMetrics, ModelMetrics, StepMetrics, exposition
from mlstack_common.started import STARTED
from prometheus_client.parser import text_string_to_metric_families
from served_app import ask


def series(**labels):
    """Values by name, of the series that have these labels."""
    samples = [sample for family in text_string_to_metric_families(exposition().decode()) for sample in family.samples]
    return {sample.name: sample.value for sample in samples if labels.items() <= sample.labels.items()}


def create(component):
    app, state = FastAPI(), {"ready": False}

    @app.get("/items/{item}")
    async def item(item: int):
        return state

    @app.post("/more/{name:path}")
    async def more(name: str):
        raise RuntimeError("a secret cause")

    measure(app, component, lambda: state["ready"])
    return app, state


@pytest.mark.parametrize(
    ("method", "path", "route", "code"),
    [
        ("GET", "/items/7", "/items/{item}", 200),
        ("GET", "/items/x", "/items/{item}", 422),
        ("DELETE", "/items/7", "/items/{item}", 405),
        ("POST", "/more/a/b", "/more/{name:path}", 500),
        ("GET", "/metrics", "/metrics", 200),
        ("GET", "/openapi.json", "/openapi.json", 200),
        ("GET", "/stranger", OTHER, 404),
        ("GET", "/items/{item}/../x", OTHER, 404),
        ("BREW", "/stranger", OTHER, 404),
    ],
)
def test_counts_a_request_under_the_template_of_its_route(method, path, route, code):
    component = f"{method} {len(path)} {code}"
    ask(create(component)[0], method, path)
    assert series(component=component, route=route, code=str(code)) == {"mlstack_requests_total": 1}
    both = series(component=component, route=route)
    assert both["mlstack_requests_in_flight"] == 0
    assert both["mlstack_request_seconds_count"] == 1 and both["mlstack_request_seconds_sum"] > 0
    assert path == route or path not in exposition().decode()


def test_refuses_a_router_whose_paths_it_cannot_see():
    app = FastAPI()
    app.include_router(APIRouter())
    with pytest.raises(TypeError, match="declare its routes on the application"):
        measure(app, "nested", lambda: True)


def test_counts_what_runs_now():
    app, _ = create("running")
    app.middleware_stack = app.build_middleware_stack()
    seen = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        seen.append(series(component="running", route="/items/{item}")["mlstack_requests_in_flight"])

    scope = {"type": "http", "method": "GET", "path": "/items/7", "headers": [], "query_string": b"", "http_version": "1.1", "scheme": "http"}
    asyncio.run(app(scope, receive, send))
    assert set(seen) == {1} and series(component="running", route="/items/{item}")["mlstack_requests_in_flight"] == 0


def test_asks_whether_it_is_ready_whenever_the_numbers_are_read():
    _, state = create("ready")
    assert series(component="ready")["mlstack_ready"] == 0
    state["ready"] = True
    assert series(component="ready")["mlstack_ready"] == 1


def test_names_the_model_and_forgets_the_version_before():
    model = ModelMetrics("server")
    model.loaded("fraud", "3", seconds=0.5, alias="production", sha256="ab")
    model.loaded("wind", "1")
    model.loaded("fraud", "4", alias="production")
    assert series(component="server", name="fraud", version="3") == {}
    assert series(component="server", name="fraud", version="4", alias="production", sha256="") == {"mlstack_model_info": 1}
    assert series(component="server", name="wind", version="1") == {"mlstack_model_info": 1}
    assert series(component="server", name="fraud")["mlstack_model_load_seconds"] == 0.5
    assert "mlstack_golden_request_ok" not in series(component="server", name="fraud")
    for ok in (True, False):
        model.golden("fraud", ok)
        assert series(component="server", name="fraud")["mlstack_golden_request_ok"] == ok


def test_features_grow_older_while_none_is_read():
    features = FeatureMetrics("reader", ["redis", "files"])
    assert series(component="reader", source="files") == {"mlstack_feature_reads_total": 0}
    assert series(component="reader")["mlstack_feature_misses_total"] == 0
    features.read("redis", 3, made=time.time() - 100)
    features.read("files")
    features.missed(2)
    first, then = (series(component="reader", source="redis") for _ in range(2))
    assert first["mlstack_feature_reads_total"] == 3
    assert 100 <= first["mlstack_feature_age_seconds"] < then["mlstack_feature_age_seconds"]
    assert "mlstack_feature_age_seconds" not in series(component="reader", source="files")
    assert series(component="reader")["mlstack_feature_misses_total"] == 2


def test_a_step_that_never_succeeded_has_no_last_success():
    step = StepMetrics("inference")
    began = {"mlstack_started_timestamp_seconds": STARTED}
    assert series(step="inference") == began | {"mlstack_step_failures_total": 0}
    step.lags(7)
    step.failed()
    assert series(step="inference") == began | {"mlstack_step_failures_total": 1, "mlstack_step_lag_rows": 7}
    before = time.time()
    step.succeeded(lag_rows=0)
    now = series(step="inference")
    assert now["mlstack_step_lag_rows"] == 0 and before <= now["mlstack_step_last_success_timestamp_seconds"] <= time.time()


RANK = """
from mlstack_common.metrics import TrainingMetrics, exposition
rank = TrainingMetrics(3, 20)
print(exposition().decode())
rank.met()
rank.finished(4)
print(exposition().decode())
rank.finished(5, 0.25); rank.saved(1000.5)
print(exposition().decode())
"""
"""In a process of its own: one is a server, a step or a rank."""


def test_a_training_has_no_checkpoint_before_it_has_written_one():
    done = run(RANK, MLSTACK_STARTED="900.5")
    first, then, last = (numbers(text) for text in done.split("# HELP mlstack_training_epochs ")[1:])
    always = {('mlstack_training_epochs{rank="3"}', 20), ('mlstack_started_timestamp_seconds{rank="3"}', 900.5)}
    assert first == always | {('mlstack_training_together{rank="3"}', 0)}
    began = always | {('mlstack_training_together{rank="3"}', 1)}
    assert then == began | {('mlstack_training_epoch{rank="3"}', 4)}
    assert last == began | {
        ('mlstack_training_epoch{rank="3"}', 5),
        ('mlstack_training_loss{rank="3"}', 0.25),
        ("mlstack_training_checkpoint_timestamp_seconds", 1000.5),
    }


def run(code, *arguments, **env):
    """What a process prints that has these variables alone."""
    return subprocess.run([sys.executable, "-c", code, *arguments], env=env, capture_output=True, text=True, check=True).stdout


def numbers(text):
    """Values by series, of the contract."""
    return {(name, float(value)) for name, value in re.findall(r"^(mlstack_\S+) (\S+)$", text, re.MULTILINE)}


STARTS = """
import os, subprocess, sys, time
from mlstack_common import ending
time.sleep(0.01)
if not (child := os.fork()):
    from mlstack_common.started import STARTED
    print(STARTED)
    sys.exit()
os.waitpid(child, 0)
print(subprocess.run([sys.executable, "-c", "from mlstack_common.started import STARTED; print(STARTED)"], capture_output=True, text=True).stdout.strip())
from mlstack_common.started import STARTED
print(STARTED)
"""


@pytest.mark.parametrize("given", [{}, {"MLSTACK_STARTED": "yesterday"}])
def test_all_processes_of_a_container_say_the_same_start(given):
    before = time.time()
    moments = run(STARTS, **given).split()
    assert len(moments) == 3 and len(set(moments)) == 1
    assert before <= float(moments[0]) <= time.time()


def test_a_process_may_be_a_server_and_have_steps():
    create("both")
    StepMetrics("both")
    assert series(component="both")["mlstack_started_timestamp_seconds"] == series(step="both")["mlstack_started_timestamp_seconds"] == STARTED


WORKER = """
import sys
from mlstack_common.metrics import FeatureMetrics, ModelMetrics, ReadyMetrics, RequestMetrics, exposition
requests, model, features = RequestMetrics("c"), ModelMetrics("c"), FeatureMetrics("c", ["files"])
ReadyMetrics("c", lambda: sys.argv[1] == "last")
requests.began("/a"); requests.began("/a"); requests.ended("/a", 200, 0.1)
model.loaded("m", "1", seconds=float(sys.argv[2])); model.golden("m", sys.argv[1] == "last")
features.read("files", 2, made=0.0 if sys.argv[1] == "first" else 1e9)
print(exposition().decode())
"""


def test_adds_up_several_workers(tmp_path):
    """Both have ended, but neither was reported dead: so they count as living."""
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "MLSTACK_STARTED": "1000.5"}
    for name, seconds in (("first", "3"), ("last", "2")):
        text = run(WORKER, name, seconds, **env)
    families = text_string_to_metric_families(text)
    values = {(sample.name, sample.labels.get("route")): sample.value for family in families for sample in family.samples}
    assert values["mlstack_requests_total", "/a"] == values["mlstack_requests_in_flight", "/a"] == values["mlstack_request_seconds_count", "/a"] == 2
    assert values["mlstack_started_timestamp_seconds", None] == 1000.5, "one time, not a sum"
    assert values["mlstack_model_info", None] == 1 and values["mlstack_model_load_seconds", None] == 3
    assert values["mlstack_golden_request_ok", None] == 0, "one worker's model is wrong"
    assert values["mlstack_feature_reads_total", None] == 4
    # The one that was asked last speaks for all.
    assert values["mlstack_ready", None] == 1 and values["mlstack_feature_age_seconds", None] < time.time() - 0.9e9
