"""A part of a stack as monitoring sees it, which says whatever a test wants: `python fake.py KIND [KEY=VALUE ...]`.

It answers GET /metrics with the numbers of docs/metrics.md, /ready, /health and /predict; GET /set?KEY=VALUE changes what it says from then on.
"""

import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

KIND = sys.argv[1]
PORT = int(os.environ.get("PORT", "8000"))
STARTED = time.time()
SAYS = {
    "version": "4",
    "golden": "1",
    "source": "redis",
    "shift": "0.02",
    "ready": "1",
    "code": "200",
    "age": "60",
    "works": "1",
    "trains": "1",
    "saves": "1",
}
COUNTS: dict[str, float] = {}
LAST = {"work": STARTED, "epoch": 0.0, "saved": STARTED, "epoch at": STARTED}


def count(name: str, amount: float = 1) -> None:
    COUNTS[name] = COUNTS.get(name, 0) + amount


def server() -> list[str]:
    labels = 'component="model-server"'
    return [
        f"mlstack_ready{{{labels}}} {SAYS['ready']}",
        f'mlstack_model_info{{{labels},name="fraud",version="{SAYS["version"]}",alias="",sha256=""}} 1',
        f'mlstack_model_load_seconds{{{labels},name="fraud"}} 0.5',
        f'mlstack_golden_request_ok{{{labels},name="fraud"}} {SAYS["golden"]}',
        f'mlstack_feature_age_seconds{{{labels},source="redis"}} {SAYS["age"]}',
        f'mlstack_feature_shift{{{labels},name="fraud",feature="amount"}} {SAYS["shift"]}',
        f"mlstack_feature_misses_total{{{labels}}} 0",
        f'mlstack_requests_in_flight{{{labels},route="/predict"}} 0',
        *[f"{name} {value}" for name, value in COUNTS.items()],
    ]


def serves(seconds: float) -> None:
    """What its requests have done meanwhile: it asks itself."""
    labels = 'component="model-server"'
    for source in ("redis", "parquet"):
        count(f'mlstack_feature_reads_total{{{labels},source="{source}"}}', 20 * seconds if source == SAYS["source"] else 0)
    for code in ("200", "500"):
        count(f'mlstack_requests_total{{{labels},route="/predict",code="{code}"}}', 20 * seconds if code == SAYS["code"] else 0)
    for bound in ("0.1", "+Inf"):
        count(f'mlstack_request_seconds_bucket{{{labels},route="/predict",le="{bound}"}}', 20 * seconds)


def step() -> list[str]:
    return [f'mlstack_step_last_success_timestamp_seconds{{step="stream"}} {LAST["work"]}', 'mlstack_step_failures_total{step="stream"} 0']


def rank() -> list[str]:
    me = f'rank="{os.environ.get("RANK", "0")}"'
    lines = [f"mlstack_training_epoch{{{me}}} {LAST['epoch']}", f"mlstack_training_epochs{{{me}}} 1000000", f"mlstack_training_loss{{{me}}} 0.1"]
    return [*lines, f"mlstack_training_checkpoint_timestamp_seconds {LAST['saved']}"] if me == 'rank="0"' else lines


def live() -> None:
    """What happens in it every second."""
    before = time.time()
    while True:
        time.sleep(1)
        now = time.time()
        serves(now - before)
        before = now
        if SAYS["works"] == "1":
            LAST["work"] = now
        if SAYS["trains"] == "1" and now - LAST["epoch at"] > 3:
            LAST.update({"epoch": LAST["epoch"] + 1, "epoch at": now})
        if SAYS["saves"] == "1":
            LAST["saved"] = now


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/set":
            SAYS.update(parse_qsl(url.query))
        if url.path == "/metrics":
            label = {"server": 'component="model-server"', "step": 'step="stream"', "rank": f'rank="{os.environ.get("RANK", "0")}"'}[KIND]
            numbers = {"server": server, "step": step, "rank": rank}[KIND]()
            return self.answer(200, "\n".join([f"mlstack_started_timestamp_seconds{{{label}}} {STARTED}", *numbers, ""]))
        self.answer(int(SAYS["code"]) if url.path in ("/predict", "/health") else 200, "so\n")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: it is asked all the time."""


threading.Thread(target=live, daemon=True).start()
ThreadingHTTPServer(("", PORT), Handler).serve_forever()
