import os
import re
import signal
import socket

import pytest
from mlstack_testing import PATIENCE, listens, lives, until


def test_answers_until_the_gateway_knows_that_it_leaves(serve):
    server = serve(workers=2)
    until(server.ready)
    server.ask_to_stop()
    until(lambda: server.client.get("/ready").text == "asked to stop")
    assert server.client.post("/take", content=b"abc").text == "3"
    assert server.process.wait(timeout=PATIENCE) == 0


def test_finishes_running_requests(serve):
    server = serve()
    until(server.ready)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as request:
        request.sendall(b"POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert b"100 Continue" in request.recv(1000)  # the application is waiting for the body: the request runs
        server.ask_to_stop()
        until(lambda: server.client.get("/ready").text == "asked to stop")
        request.sendall(b"abc")
        assert request.recv(1000).startswith(b"HTTP/1.1 200")
    assert server.process.wait(timeout=PATIENCE) == 0


def test_stops_while_it_loads(serve, tmp_path):
    server = serve(load=tmp_path / "never")
    until(lambda: server.status("/ready") == 503)
    server.ask_to_stop()
    assert server.process.wait(timeout=PATIENCE) == 0


def test_is_ready_when_all_workers_are(serve, tmp_path):
    server = serve(workers=2, load=tmp_path / "loaded")
    until(lambda: server.status("/ready") == 503)
    (tmp_path / "loaded").touch()
    until(server.ready)


def test_adds_up_the_numbers_of_all_workers(serve):
    server = serve(workers=2)
    until(server.ready)
    answered_by = []

    def have_all_answered():
        answered_by.append(server.client.get("/items/1").text)
        return len(set(answered_by)) == 2

    until(have_all_answered)
    expected = f'mlstack_requests_total{{code="200",component="served",route="/items/{{item}}"}} {float(len(answered_by))}'
    assert expected in server.client.get("/metrics").text


def test_counts_failed_requests_and_those_that_no_route_takes(serve):
    server = serve()
    until(server.ready)
    assert [server.status(path) for path in ("/fail", "/a", "/b")] == [500, 404, 404]
    assert server.client.get("/take").status_code == 405
    text = server.client.get("/metrics").text
    assert 'mlstack_requests_total{code="500",component="served",route="/fail"} 1.0' in text
    assert 'mlstack_requests_total{code="404",component="served",route="other"} 2.0' in text
    assert 'mlstack_requests_total{code="405",component="served",route="/take"} 1.0' in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("access_log", ["yes", "no"])
def test_logs_requests_only_where_it_is_asked_to(serve, access_log):
    server = serve(access_log=access_log)
    until(server.ready)
    assert server.status("/items/7") == 200
    server.ask_to_stop()
    assert server.process.wait(timeout=PATIENCE) == 0
    text = server.log.read_text()
    assert ("/items/7" in text) == (access_log == "yes") and "Shutting down" in text


def test_one_lost_worker_ends_all(serve):
    server = serve(workers=2)
    until(server.ready)
    workers = server.workers()
    os.kill(workers[0], signal.SIGKILL)
    assert server.process.wait(timeout=PATIENCE) == 1
    until(lambda: not any(map(lives, workers)))
    assert not listens(server.port)


def test_replaces_a_lost_worker_which_accepts_nothing_before_it_is_ready(serve, tmp_path):
    loaded = tmp_path / "loaded"
    loaded.touch()
    server = serve(workers=2, replace_lost="yes", load=loaded)
    until(server.ready)
    lost, stays = server.workers()
    loaded.unlink()
    os.kill(lost, signal.SIGKILL)
    until(lambda: len(server.workers()) == 2 and lost not in server.workers())
    assert {server.client.get("/ready").text for _ in range(20)} == {str(stays)}
    loaded.touch()
    until(lambda: server.client.get("/ready").text not in (str(lost), str(stays)))


@pytest.mark.parametrize("replace_lost", ["yes", "no"])
@pytest.mark.parametrize("code", [3, 4, 5])
def test_ends_with_the_code_and_the_reason_of_a_worker_that_gives_up(serve, tmp_path, code, replace_lost):
    server = serve(workers=3, fail=code, load=tmp_path / "now", replace_lost=replace_lost)
    until(lambda: len(server.workers()) == 3)
    (tmp_path / "now").touch()
    assert server.process.wait(timeout=PATIENCE) == code
    text = server.log.read_text()
    assert text.splitlines()[-1].endswith(f"ERROR served[{server.process.pid}] gave up with {code}")
    assert "Traceback" not in text


def replacement(serve, tmp_path, **options):
    """A server whose third worker replaces a lost one, and loads."""
    loaded = tmp_path / "loaded"
    loaded.touch()
    server = serve(workers=2, replace_lost="yes", load=loaded, **options)
    until(server.ready)
    loaded.unlink()
    os.kill(server.workers()[0], signal.SIGKILL)
    until(lambda: len(re.findall("Booting worker", server.log.read_text())) == 3)
    return server


def test_stops_while_a_replacement_loads(serve, tmp_path):
    server = replacement(serve, tmp_path)
    server.ask_to_stop()
    assert server.process.wait(timeout=PATIENCE) == 0


def test_a_replacement_that_gives_up_ends_all(serve, tmp_path):
    server = replacement(serve, tmp_path, fail=5, fail_if=tmp_path / "fail")
    (tmp_path / "fail").touch()
    (tmp_path / "loaded").touch()
    assert server.process.wait(timeout=PATIENCE) == 5
    assert server.log.read_text().splitlines()[-1].endswith("gave up with 5")


def test_no_worker_outlives_a_killed_server(serve):
    server = serve(workers=2)
    until(server.ready)
    workers = server.workers()
    server.process.kill()
    until(lambda: not any(map(lives, workers)))


def test_reports_that_its_port_is_taken(serve):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = serve(port=other.getsockname()[1])
        assert server.process.wait(timeout=PATIENCE) == 3
    text = server.log.read_text()
    assert text.startswith("API_HOST, API_PORT: cannot listen on 127.0.0.1:") and len(text.splitlines()) == 1
