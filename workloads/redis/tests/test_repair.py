"""Redis on an append-only file that is damaged."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from mlstack_testing import PATIENCE, until

FOLDER = Path("/data/appendonlydir")
FILE = FOLDER / "appendonly.aof.1.incr.aof"
KEYS = 50


def cli(*words):
    return subprocess.run(["redis-cli", *words], capture_output=True, text=True, check=False).stdout.strip()


class Redis:
    """Redis as the image starts it, with its log."""

    def __init__(self, log):
        self.log = log
        with open(log, "w") as output:
            self.process = subprocess.Popen(["redis-start"], stdout=output, stderr=output)

    def ready(self):
        def answers():
            assert self.process.poll() is None, self.log.read_text()
            return cli("ping") == "PONG"

        until(answers)
        return self

    def said(self):
        return [line for line in self.log.read_text().splitlines() if line.startswith("redis-repair: ")]

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path):
    started = []

    def run():
        started.append(Redis(tmp_path / f"log{len(started)}"))
        return started[-1]

    yield run
    for redis in started:
        redis.end()


@pytest.fixture
def content(start):
    """What the file of a Redis with some keys, that was killed, holds."""
    subprocess.run("rm -rf /data/*", shell=True, check=True)
    redis = start().ready()
    for number in range(KEYS):
        assert cli("set", f"key:{number}", f"value {number}") == "OK"
    redis.end()
    return FILE.read_bytes()


def kept():
    return [path for path in FOLDER.iterdir() if ".damaged-" in path.name]


TRANSACTION = b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\nb\r\n"
COMMAND = b"*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\nb\r\n"
TAILS = {
    "twelve zero bytes": b"\0" * 12,
    "a page of zero bytes": b"\0" * 4096,
    "noise": os.urandom(100),
    "half a command": COMMAND[:-5],
    "half a command and zero bytes": COMMAND[:-5] + b"\0" * 12,
    "a transaction without its end": TRANSACTION,
    "half a transaction and zero bytes": TRANSACTION[:-5] + b"\0" * 12,
}


@pytest.mark.parametrize("tail", TAILS)
def test_cuts_a_damaged_tail_off_and_keeps_all_before_it_and_the_damaged_file(start, content, tail):
    FILE.write_bytes(content + TAILS[tail])
    redis = start().ready()
    assert cli("dbsize") == str(KEYS) and cli("get", f"key:{KEYS - 1}") == f"value {KEYS - 1}"
    assert [path.read_bytes() for path in kept()] == [content + TAILS[tail]]
    size = len(content) + len(TAILS[tail])
    assert re.fullmatch(rf"{FILE.name}\.damaged-\d{{8}}T\d{{6}}Z-{size}-bytes", kept()[0].name)
    assert redis.said() == [
        f"redis-repair: {FILE} had a damaged tail: its last {len(TAILS[tail])} of {size} bytes are no whole command and were cut off; all {len(content)} bytes",
        f"redis-repair: before them are there. The damaged file is kept as {kept()[0]}",
    ]
    assert cli("set", "more", "1") == "OK"
    redis.end()
    # Once: the next start has nothing to say.
    again = start().ready()
    assert (cli("get", "more"), again.said(), len(kept())) == ("1", [], 1)


def test_a_whole_file_is_left_alone(start, content):
    redis = start().ready()
    assert cli("dbsize") == str(KEYS)
    assert (redis.said(), kept()) == ([], [])


def zero(path, begin, end):
    data = bytearray(path.read_bytes())
    data[begin:end] = bytes(end - begin)
    path.write_bytes(data)


DAMAGES = {
    "in the middle": (lambda: zero(FILE, 400, 412), rf"{re.escape(str(FILE))} is damaged at byte \d+ of \d+, and whole commands follow the damage"),
    "in the base": (lambda: zero(FOLDER / "appendonly.aof.1.base.rdb", 30, 60), "is damaged: "),
    "the base is gone": (lambda: (FOLDER / "appendonly.aof.1.base.rdb").unlink(), r"is damaged: Cannot open file .*appendonly\.aof\.1\.base\.rdb"),
    "no manifest": (lambda: (FOLDER / "appendonly.aof.manifest").write_text("nonsense"), "is damaged: "),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_other_damage_is_left_to_a_person_with_the_remedy(start, content, damage):
    spoil, reason = DAMAGES[damage]
    spoil()
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    redis = start()
    assert redis.process.wait(timeout=PATIENCE) == 1
    said = "\n".join(redis.said())
    assert re.search(reason, said) and "Redis was not started, so that nothing is lost" in said and "another dataVersion" in said
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == before
