"""A step that hangs ends itself, so that it is started again."""

import pytest
from conftest import STEP
from mlstack_testing import until

HANG = "import sys, wind_power.stream as stream\nsys.argv[1:] = ['stream']\n{how}\nfrom wind_power.__main__ import main\nmain()\n"
QUIETLY = "import threading\nstream.write_next = lambda *_: threading.Event().wait()"
WITH_ALL_THREADS = "import ctypes\nstream.write_next = lambda *_: ctypes.PyDLL(None).sleep(600)"


@pytest.mark.parametrize(("how", "says"), [(QUIETLY, "stream: hangs for 5 s, STEP_STALE_AFTER"), (WITH_ALL_THREADS, "Timeout (0:00:10)!")])
def test_a_step_that_hangs_ends(sqlite, begin, tmp_path, how, says):
    (tmp_path / "hang.py").write_text(HANG.format(how=how))
    step = begin("stream", sqlite, command=(STEP[0], tmp_path / "hang.py"), STEP_STALE_AFTER="5")
    until(lambda: step.process.poll() is not None)
    assert step.process.returncode == 1 and says in step.log.read_text()


def test_a_step_that_works_touches_its_heartbeat(sqlite, begin, tmp_path):
    beat = tmp_path / "alive"
    begin("stream", sqlite, STEP_HEARTBEAT=beat)
    until(beat.exists)
    first = beat.stat().st_mtime_ns
    until(lambda: beat.stat().st_mtime_ns > first)


def test_a_step_that_rests_longer_than_it_may_hang_goes_on(sqlite, begin):
    step = begin("stream", sqlite, STEP_STALE_AFTER="5", STREAM_INTERVAL="11")
    until(lambda: step.said("") and sqlite.has("measurements") and sqlite.count("measurements") == 2)
