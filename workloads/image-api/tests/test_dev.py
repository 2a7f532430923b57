import re
import threading

import httpx
import pytest
from conftest import picture
from debugger import Debugger
from mlstack_testing import PATIENCE, free_port, until


@pytest.fixture
def dev(serve, source):
    return serve("image-api-dev", API_SOURCE_DIR=str(source), API_DEBUG_PORT=str(free_port()))


def edit(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_shows_an_edit_of_the_source(dev, source):
    assert dev.predict().status_code == 200
    edit(source / "image_api" / "app.py", '"status": "ok"', '"status": "edited"')
    until(lambda: dev.status("/health") == 200 and dev.get("/health").json().get("status") == "edited")
    until(lambda: dev.status("/ready") == 200)
    assert dev.predict().status_code == 200
    assert not list(source.rglob("__pycache__")), "the source may be mounted read-only: nothing is written there"


def test_comes_back_when_a_broken_edit_is_fixed(dev, source):
    path = source / "image_api" / "app.py"
    edit(path, "return app\n", "return app(\n")
    until(lambda: dev.logged("Reloading"))
    until(lambda: not dev_answers(dev))
    edit(path, "return app(\n", "return app\n")
    until(dev.serves)


def dev_answers(api):
    """Whether a server process is there; the port itself is kept open by the process that watches."""
    try:
        return httpx.get(f"http://127.0.0.1:{api.port}/health", timeout=1).status_code
    except httpx.TransportError:
        return None


def served_by(api):
    """Process ids of the servers so far."""
    return [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", api.log.read_text())]


def announced(watcher):
    """The process id of the next process that the debugger is informed of."""
    return watcher.event("debugpyAttach")["subProcessId"]


def test_logs_what_a_developer_wants_to_see(dev):
    until(lambda: dev.logged(" DEBUG image-api"))


def test_a_debugger_stops_at_a_breakpoint(serve, source):
    port = free_port()
    api = serve("image-api-dev", API_SOURCE_DIR=str(source), API_DEBUG_PORT=str(port))
    path = source / "image_api" / "image.py"
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "square = " in text)
    with Debugger(port) as watcher:
        watcher.attach()
        assert served_by(api)[-1] in {announced(watcher), announced(watcher)}  # the other is a helper process of Python's
        with Debugger(port) as session:
            session.attach([(path, line)], subProcessId=served_by(api)[-1])
            answers = []
            asking = threading.Thread(target=lambda: answers.append(api.predict(picture(99)).status_code))
            asking.start()
            stopped = session.event("stopped")
            assert stopped["reason"] == "breakpoint" and answers == []
            session.send("continue", threadId=stopped["threadId"])
            asking.join(timeout=PATIENCE)
            assert answers == [200]


def test_a_debugger_follows_an_edit(serve, source):
    port = free_port()
    api = serve("image-api-dev", API_SOURCE_DIR=str(source), API_DEBUG_PORT=str(port))
    before = served_by(api)
    with Debugger(port) as watcher:
        watcher.attach()
        assert before[-1] in {announced(watcher), announced(watcher)}  # the other is a helper process of Python's
        edit(source / "image_api" / "app.py", '"status": "ok"', '"status": "edited"')
        until(lambda: not dev_answers(api))
        process = announced(watcher)
        with Debugger(port) as session:  # it waits for this before it runs any of our code
            session.attach(subProcessId=process)
            until(lambda: api.status("/health") == 200)
            assert api.get("/health").json()["status"] == "edited"
            assert served_by(api) == [*before, process]


def test_asks_for_the_source(refused, tmp_path):
    code, said = refused("image-api-dev", API_SOURCE_DIR=str(tmp_path))
    assert code == 2
    assert f"API_SOURCE_DIR: no package image_api in {tmp_path}; mount the folder that holds it there" in said
