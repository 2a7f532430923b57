import fcntl
import logging
import subprocess
from pathlib import Path

import pytest
from mlstack_common import logs
from mlstack_common.log_file import LogFile
from mlstack_testing import PATIENCE, until


def start(program):
    return subprocess.Popen(["python3", "-c", f"import logging, os, pathlib\nfrom mlstack_common.log_file import LogFile\n{program}"])


def test_of_many_processes_is_whole_and_bounded(tmp_path):
    path = tmp_path / "api.log"
    program = f"""
handler = LogFile(pathlib.Path({str(path)!r}), 2000, 3)
for number in range(40):
    handler.emit(logging.makeLogRecord({{"msg": f"{{os.getpid()}} line {{number:02}} " + "x" * 60}}))
"""
    writers = [start(program) for _ in range(3)]
    assert [writer.wait(timeout=PATIENCE) for writer in writers] == [0, 0, 0]
    files = sorted(tmp_path.glob("api.log*"))
    assert [file.name for file in files] == ["api.log", *(f"api.log.{number}" for number in range(1, 4))]
    assert all(file.stat().st_size <= 2000 for file in files)
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert all(line.endswith("x" * 60) and line.count("line") == 1 for line in lines)
    assert len(lines) == len(set(lines))


def test_loses_no_line_of_forked_processes(tmp_path):
    path = tmp_path / "api.log"
    program = f"""
handler = LogFile(pathlib.Path({str(path)!r}), 2000, 200)
handler.emit(logging.makeLogRecord({{"msg": "before the fork"}}))
children = []
for child in range(4):
    if not (pid := os.fork()):
        for number in range(100):
            handler.emit(logging.makeLogRecord({{"msg": f"{{child}}:{{number}}:" + "x" * 40}}))
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""
    assert start(program).wait(timeout=PATIENCE) == 0
    found = [line for file in tmp_path.glob("api.log*") for line in file.read_text().splitlines()]
    assert sorted(found) == sorted(["before the fork", *(f"{child}:{number}:" + "x" * 40 for child in range(4) for number in range(100))])


def test_is_written_by_one_process_at_a_time(tmp_path):
    path = tmp_path / "api.log"
    program = f"LogFile(pathlib.Path({str(path)!r}), 1000, 1).emit(logging.makeLogRecord({{'msg': 'a'}}))"
    with open(LogFile(path, 1000, 1).lockFilename, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer = start(program)
        until(lambda: writer.poll() is not None or f"-> FLOCK  ADVISORY  WRITE {writer.pid} " in Path("/proc/locks").read_text())
        assert not path.exists()
    assert writer.wait(timeout=PATIENCE) == 0
    assert path.read_text() == "a\n"


def test_a_line_larger_than_the_bound_gets_a_file_of_its_own(tmp_path):
    handler = LogFile(tmp_path / "a", 10, 1)
    for letter in "xy":
        handler.emit(logging.makeLogRecord({"msg": letter * 50}))
    assert (tmp_path / "a").read_text() == "y" * 50 + "\n"
    assert (tmp_path / "a.1").read_text() == "x" * 50 + "\n"


def test_a_folder_that_is_gone_costs_no_more_than_a_line_on_standard_error(tmp_path, capsys):
    handler = LogFile(tmp_path / "gone" / "a", 1000, 1)
    handler.emit(logging.makeLogRecord({"msg": "lost"}))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"{tmp_path}/gone/a cannot be written: [Errno 2]")


@pytest.fixture
def root():
    """Puts the root logger back as it was."""
    one = logging.getLogger()
    before, level = one.handlers[:], one.level
    yield one
    one.handlers[:] = before
    one.setLevel(level)


@pytest.mark.parametrize(("level", "lines"), [("INFO", ["own", "warned"]), ("DEBUG", ["detail", "own", "noise", "warned"])])
def test_lines_go_to_standard_error_and_into_the_file_but_no_noise(tmp_path, capsys, root, level, lines):
    logs.start(level, LogFile(tmp_path / "a.log", 10_000, 1), quiet=["noisy"])
    logging.getLogger("a").debug("detail")
    logging.getLogger("a").info("own")
    logging.getLogger("noisy").debug("never")
    logging.getLogger("noisy").info("noise")
    logging.getLogger("noisy").warning("warned")
    for text in (capsys.readouterr().err, (tmp_path / "a.log").read_text()):
        assert [line.split()[-1] for line in text.splitlines()] == lines
