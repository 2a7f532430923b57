"""The programs of the image as the platform runs them: without rights, and with nothing but `/tmp` to write into."""

import datetime
import http.server
import json
import os
import queue
import re
import socketserver
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from mlstack_testing import PATIENCE, free_port, kill, start, until

PROBES = "/etc/monitoring/probe.yml"
BEGUN = datetime.datetime.now(datetime.UTC)


def answer(port, path, body=None):
    """What a program answers; nothing while it does not."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as got:
            return got.read().decode()
    except OSError:
        return None


@pytest.fixture
def running(tmp_path):
    """Starts a program with the port that its flag is given; all of them end with the test."""
    started = []

    def begin(ready, *command, **env):
        port = free_port()
        log = tmp_path / f"{len(started)}.log"
        process = start(*(word.replace("PORT", str(port)) for word in command), log=log, env=os.environ | env)
        started.append(process)

        def is_ready():
            assert process.poll() is None, log.read_text()
            return answer(port, ready) is not None

        until(is_ready)
        return port

    yield begin
    for process in started:
        kill(process)


@pytest.fixture
def metrics(running, tmp_path):
    """VictoriaMetrics that collects from the targets of a file."""

    def begin(*targets, flags=()):
        jobs = [{"job_name": "part", "static_configs": [{"targets": list(targets)}], "relabel_configs": []}]
        config = tmp_path / "scrape.yml"
        config.write_text(json.dumps({"global": {"scrape_interval": "1000ms"}, "scrape_configs": jobs}))
        data = tmp_path / "metrics"
        words = ["-httpListenAddr=127.0.0.1:PORT", f"-storageDataPath={data}", f"-promscrape.config={config}", "-search.latencyOffset=1s"]
        return running("/health", "victoria-metrics", *words, *flags)

    return begin


def value(port, query):
    """The newest value of a query; nothing where it has no series."""
    found = json.loads(answer(port, f"/api/v1/query?query={query}") or "{}")["data"]["result"]
    return float(found[0]["value"][1]) if found else None


@pytest.mark.parametrize("program", ["victoria-metrics", "victoria-logs", "vmalert"])
def test_says_the_version_that_go_mod_pins(program):
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stdout
    assert re.search(rf"{program}-v1\.\d+\.\d+", said)


def test_the_page_of_metrics_is_in_the_program(metrics):
    port = metrics("127.0.0.1:1")
    assert "vmui" in answer(port, "/vmui/")


OWN_PROC = "/usr/local/share/monitoring-host/proc"


def test_the_disks_of_the_host_are_those_that_the_exporter_sees(running):
    """Process 1 of a pod whose processes see each other is another container's, and sees none."""
    assert os.readlink(f"{OWN_PROC}/1") == "/proc/self"
    said = answer(running("/", "prometheus-node-exporter", "--web.listen-address=127.0.0.1:PORT", f"--path.procfs={OWN_PROC}"), "/metrics")
    for series in ["filesystem_avail_bytes{", "cpu_seconds_total{", "memory_MemAvailable_bytes ", "load1 ", "disk_reads_completed_total{", "boot_time_seconds "]:
        assert f"node_{series}" in said


def test_the_hosts_numbers_are_collected_and_alerts_reach_a_receiver(running, metrics, tmp_path):
    host = running("/", "prometheus-node-exporter", "--web.listen-address=127.0.0.1:PORT", f"--path.procfs={OWN_PROC}")
    port = metrics(f"127.0.0.1:{host}", "127.0.0.1:1")
    until(lambda: value(port, "count(up==1)") == 1 and (value(port, "node_memory_MemTotal_bytes") or 0) > 0)

    route = {"receiver": "all", "group_wait": "0s"}
    receivers = json.dumps({"route": route, "receivers": [{"name": "all"}]})
    words = ["--web.listen-address=127.0.0.1:PORT", f"--storage.path={tmp_path}/receiver", "--cluster.listen-address="]
    receiver = running("/-/ready", "monitoring-receiver", *words, RECEIVERS=receivers)
    rules = tmp_path / "rules.yml"
    rules.write_text(json.dumps({"groups": [{"name": "a", "rules": [{"alert": "Down", "expr": "up == 0"}]}]}))
    store = f"http://127.0.0.1:{port}"
    alerting = ["-evaluationInterval=1s", "-rule.evalDelay=1s", f"-rule={rules}", f"-datasource.url={store}", f"-remoteWrite.url={store}"]
    running("/health", "vmalert", "-httpListenAddr=127.0.0.1:PORT", *alerting, f"-notifier.url=http://127.0.0.1:{receiver}")
    until(lambda: [alert["labels"]["alertname"] for alert in json.loads(answer(receiver, "/api/v2/alerts") or "[]")] == ["Down"])


class Webhook(http.server.BaseHTTPRequestHandler):
    """What gets alerts by POST."""

    got: queue.Queue = queue.Queue()

    def do_POST(self):
        self.got.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """A server of mail, as far as it takes one."""

    got: queue.Queue = queue.Queue()

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        text = None
        for line in self.rfile:
            if text is not None and line != b".\r\n":
                text.append(line.decode())
                continue
            if text is not None:
                self.got.put("".join(text))
                text = None
            word = line[:4].upper()
            text = [] if word == b"DATA" else None
            self.wfile.write(b"354 go on\r\n" if word == b"DATA" else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def served(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def test_an_alert_reaches_a_webhook_and_an_address_of_mail(running, tmp_path):
    hook = served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook))
    mail = served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail))
    # The shape that the component writes.
    to = {"to": "team@x.org, boss@x.org", "from": "m@x.org", "smarthost": f"127.0.0.1:{mail}", "require_tls": False, "send_resolved": True}
    receiver = {"name": "all", "webhook_configs": [{"url": f"http://127.0.0.1:{hook}/key", "send_resolved": True}], "email_configs": [to]}
    route = {"receiver": "all", "group_by": ["alertname", "part"], "group_wait": "0s", "group_interval": "30s", "repeat_interval": "4h"}
    words = ["--web.listen-address=127.0.0.1:PORT", f"--storage.path={tmp_path}/receiver", "--cluster.listen-address="]
    port = running("/-/ready", "monitoring-receiver", *words, RECEIVERS=json.dumps({"route": route, "receivers": [receiver]}))
    alert = {"labels": {"alertname": "PartDown", "part": "api"}, "annotations": {"summary": "api does not answer."}}
    answer(port, "/api/v2/alerts", json.dumps([alert]).encode())
    told = Webhook.got.get(timeout=PATIENCE)
    assert (told["status"], told["groupLabels"]) == ("firing", {"alertname": "PartDown", "part": "api"})
    assert told["alerts"][0]["annotations"]["summary"] == "api does not answer."
    text = Mail.got.get(timeout=PATIENCE)
    assert "To: team@x.org, boss@x.org" in text and "PartDown" in text


def test_the_receiver_keeps_its_configuration_from_others(running, tmp_path):
    receivers = json.dumps({"route": {"receiver": "all"}, "receivers": [{"name": "all"}]})
    words = ["--web.listen-address=127.0.0.1:PORT", f"--storage.path={tmp_path}/receiver", "--cluster.listen-address="]
    running("/-/ready", "monitoring-receiver", *words, RECEIVERS=receivers)
    assert Path("/tmp/receivers.yml").stat().st_mode & 0o077 == 0


def test_the_probe_says_whether_a_part_answers(running, metrics):
    port = metrics("127.0.0.1:1")
    probe = running("/-/healthy", "prometheus-blackbox-exporter", "--web.listen-address=127.0.0.1:PORT", f"--config.file={PROBES}")

    def success(module, target):
        return re.search(r"^probe_success (\d)$", answer(probe, f"/probe?module={module}&target={target}"), re.M)[1]

    assert success("http", f"http://127.0.0.1:{port}/health") == "1"
    assert success("http", f"http://127.0.0.1:{port}/nothing-here") == "0"
    assert [success("tcp", f"127.0.0.1:{port}"), success("tcp", "127.0.0.1:1")] == ["1", "0"]
    assert success("tls", f"127.0.0.1:{port}") == "0"


def test_lines_of_the_engine_are_found_by_part(running, tmp_path):
    port = running("/health", "victoria-logs", "-httpListenAddr=127.0.0.1:PORT", f"-storageDataPath={tmp_path}/logs")
    lines = [
        {"event": {"line": "GET /predict 200", "source": "stdout"}, "time": f"{time.time():f}", "host": "h", "source": part, "sourcetype": part}
        for part in ("api", "gateway")
    ]
    # As the engine does: one event behind the other.
    answer(port, "/services/collector/event/1.0", "".join(map(json.dumps, lines)).encode())
    found = until(lambda: answer(port, "/select/logsql/query?query=%7Bsourcetype%3D%22api%22%7D"))
    assert [json.loads(line)["_msg"] for line in found.splitlines()] == ["GET /predict 200"]


class Cluster(http.server.BaseHTTPRequestHandler):
    """The API of Kubernetes, as far as logs go: one pod of a gang, whose log breaks off once."""

    asked: list[str] = []
    protocol_version = "HTTP/1.1"

    def chunk(self, text):
        self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())
        self.wfile.flush()

    def do_GET(self):
        self.asked.append(self.path)
        assert self.headers["authorization"] == "Bearer secret"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if "/log?" not in self.path:
            labels = {"mlstack.dev/workload": "trainer", "mlstack.dev/stack": "shop.dev", "batch.kubernetes.io/job-completion-index": "2"}
            pod = {"metadata": {"name": "trainer-2-x", "labels": labels}, "status": {"containerStatuses": [{"name": "trainer", "containerID": "a"}]}}
            self.chunk(json.dumps({"type": "ADDED", "object": pod}))
            stopped.wait(60)
            return
        times = [f"{BEGUN:%Y-%m-%dT%H:%M:%S}.{number}Z epoch {number}" for number in range(4)]
        second = "sinceTime" in self.path
        self.chunk("\n".join(times if second else times[:2]) + "\n")
        if second:
            self.chunk("")
        # Else the answer breaks off, since its last chunk is missing.
        self.close_connection = True

    def log_message(self, *_):
        pass


def test_lines_of_pods_are_read_by_the_api_each_once(running, tmp_path, monkeypatch):
    logs = running("/health", "victoria-logs", "-httpListenAddr=127.0.0.1:PORT", f"-storageDataPath={tmp_path}/logs")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, text in {"token": "secret", "ca.crt": "", "namespace": "shop"}.items():
        (tmp_path / name).write_text(text)
    given = {"API_URL": f"http://127.0.0.1:{server.server_port}", "ACCOUNT": str(tmp_path), "STACK": "shop.dev"}
    process = start("monitoring-collector", env=os.environ | given | {"LOGS_URL": f"http://127.0.0.1:{logs}"}, log=tmp_path / "log")
    try:
        query = "/select/logsql/query?query=%7Bsourcetype%3D%22trainer%22%7D%20%7C%20sort%20by%20(_time)"
        until(lambda: len((answer(logs, query) or "").splitlines()) >= 4)
        found = [json.loads(line) for line in answer(logs, query).splitlines()]
        assert [line["_msg"] for line in found] == [f"epoch {number}" for number in range(4)]
        assert {(line["source"], line["index"], line["pod"]) for line in found} == {("trainer-2", "shop.dev", "trainer-2-x")}
        assert answer(9429, "/") == ""
        assert any("labelSelector=mlstack.dev%2Fstack%3Dshop.dev" in path for path in Cluster.asked)
    finally:
        stopped.set()
        kill(process)
        server.shutdown()


stopped = threading.Event()


def test_has_neither_a_compiler_nor_a_python():
    assert subprocess.run(["sh", "-c", "command -v go gcc"], check=False).returncode != 0
