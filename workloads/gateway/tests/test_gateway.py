"""HAProxy as the platform runs it: what the image must be able to do."""

import signal
import subprocess
import time
import urllib.request

CONFIG = """
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend status
  bind :8405
  monitor-uri /ready
  http-request use-service prometheus-exporter if { path /metrics }
"""


def started(tmp_path):
    config = tmp_path / "haproxy.cfg"
    config.write_text(CONFIG)
    process = subprocess.Popen(["haproxy", "-W", "-db", "-f", str(config)], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen("http://127.0.0.1:8405/ready") as answer:
                assert answer.status == 200
                return process
        except OSError:
            time.sleep(0.05)  # between two looks; the answer decides, not the time
    raise AssertionError("haproxy did not answer")


def test_answers_and_tells_its_metrics_as_an_ordinary_user(tmp_path):
    process = started(tmp_path)
    with urllib.request.urlopen("http://127.0.0.1:8405/metrics") as answer:
        assert b"haproxy_process_" in answer.read()
    process.kill()
    process.wait()


def test_ends_on_a_request_to_stop(tmp_path):
    process = started(tmp_path)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=10) == 0


def test_refuses_a_wrong_configuration(tmp_path):
    config = tmp_path / "haproxy.cfg"
    config.write_text("frontend x\n  bnd :80\n")
    assert subprocess.run(["haproxy", "-c", "-f", str(config)], capture_output=True, check=False).returncode != 0
