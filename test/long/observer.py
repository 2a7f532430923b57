"""Looks at the steps from a container beside them: `ills ADDRESSES SINCE`, `look`, `lock SECONDS`, `fill SECONDS`, `page URL`. One line of JSON."""

import json
import os
import sqlite3
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

FILE = Path(os.environ["DATABASE_FILE"])
LARGEST = 512 << 20
"""Only a disk that is made for this is filled: never one on which others work."""

ROWS = "SELECT m.time, m.wind_speed, m.power, m.written_at, p.predicted_at FROM measurements m LEFT JOIN predictions p ON p.time = m.time"


HEALTH = {"inference": "/healthz", "stream": "/healthz", "ui": "/healthz", "mlflow": "/health"}


def ills(addresses, since):
    found = [f"{part} is ill" for part, path in HEALTH.items() if not answers(f"http://{addresses[part]}{path}")]
    if not found:
        connection = sqlite3.connect(f"file:{FILE}?mode=rw", uri=True, timeout=30)
        asked = "SELECT count(*) FROM measurements m JOIN predictions p ON p.time = m.time WHERE m.written_at > ?"
        try:
            if connection.execute(asked, [since]).fetchone() == (0,):
                found.append("no new row is predicted")
        except sqlite3.OperationalError as error:  # such as a table that is not there yet
            found.append(str(error))
    return found


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=3).status == 200
    except OSError:
        return False


def look():
    from wind_power.weather import LIVE_START, PERIOD, generate

    connection = sqlite3.connect(f"file:{FILE}?mode=rw", uri=True, timeout=30)
    try:
        found = connection.execute(f"{ROWS} WHERE m.time >= {LIVE_START} ORDER BY m.time").fetchall()
        strange = connection.execute("SELECT count(*) FROM predictions WHERE time NOT IN (SELECT time FROM measurements)").fetchone()[0]
        unpredicted = connection.execute("SELECT count(*) FROM measurements WHERE time NOT IN (SELECT time FROM predictions)").fetchone()[0]
    finally:
        connection.close()
    numbers = [(row[0] - LIVE_START) // PERIOD for row in found]
    right = generate(0, max(numbers, default=0) + 1, int(os.environ["SEED"]))
    wrong = sum((row[1], row[2]) != (right["wind_speed"][number], right["power"][number]) for row, number in zip(found, numbers))
    rows = [
        {"number": number, "title": f"{datetime.fromtimestamp(row[0], UTC):%d %b %Y %H:%M}", "writtenAt": row[3], "predictedAt": row[4]}
        for row, number in zip(found, numbers)
    ]
    return {"rows": rows, "wrong": wrong, "strange": strange, "unpredicted": unpredicted}


def lock(seconds):
    connection = sqlite3.connect(FILE, timeout=60, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(seconds)
    connection.execute("ROLLBACK")


def fill(seconds):
    disk = os.statvfs(FILE.parent)
    if disk.f_blocks * disk.f_frsize > LARGEST:
        sys.exit(f"{FILE.parent} is larger than {LARGEST} bytes: it is not filled")
    ballast = FILE.with_name("ballast")
    try:
        end = time.monotonic() + seconds
        with open(ballast, "wb", buffering=0) as target:
            while time.monotonic() < end:  # again and again: the steps may give room back
                grow(target)
                time.sleep(0.2)
    finally:
        ballast.unlink()


def grow(target):
    size = 1 << 20
    while size:
        try:
            while target.write(b"0" * size) == size:
                pass
        except OSError:
            pass
        size //= 2


def page(url):
    """What the page's own script would show."""
    try:
        callbacks = json.load(urllib.request.urlopen(f"{url}/_dash-dependencies", timeout=5))
        described = next(one for one in callbacks if "newest.children" in one["output"])
        outputs = [dict(zip(("id", "property"), one.rsplit(".", 1))) for one in described["output"].strip(".").split("...")]
        body = {"output": described["output"], "outputs": outputs, "inputs": [{"id": "asked", "property": "data", "value": 1}]}
        body["changedPropIds"] = ["asked.data"]
        request = urllib.request.Request(f"{url}/_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=5))["response"]["newest"]["children"]
    except OSError:
        return None


name, *given = sys.argv[1:]
print(json.dumps({"look": look, "ills": lambda: ills(json.loads(given[0]), float(given[1])), "lock": lambda: lock(float(given[0])), "fill": lambda: fill(float(given[0])), "page": lambda: page(given[0])}[name]()))
