import multiprocessing
import os

import pytest

from image_classifier.record_file import RecordFile


def write(path, number):
    records = RecordFile(path, 2000, 200)
    for index in range(300):
        records.append(f"{number}:{index}:" + "x" * 40)


def test_several_processes_lose_and_mix_no_line(tmp_path):
    path = tmp_path / "a.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write, args=(path, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = [line for file in tmp_path.glob("a.jsonl*") for line in file.read_text().splitlines()]
    assert sorted(found) == sorted(f"{number}:{index}:" + "x" * 40 for number in range(4) for index in range(300))


def test_keeps_the_youngest_lines_within_its_bound(tmp_path):
    records = RecordFile(tmp_path / "a", 100, 2)
    for index in range(100):
        records.append(f"{index:09}")
    assert sorted(file.name for file in tmp_path.glob("a*")) == ["a", "a.1", "a.2"]
    assert all(file.stat().st_size <= 100 for file in tmp_path.glob("a*"))
    assert (tmp_path / "a.2").read_text().splitlines()[0] == f"{70:09}"
    assert (tmp_path / "a").read_text().splitlines()[-1] == f"{99:09}"


def test_a_line_greater_than_the_bound_gets_a_file_of_its_own(tmp_path):
    records = RecordFile(tmp_path / "a", 10, 1)
    records.append("x" * 50)
    records.append("y" * 50)
    assert (tmp_path / "a").read_text() == "y" * 50 + "\n"
    assert (tmp_path / "a.1").read_text() == "x" * 50 + "\n"


def test_takes_back_a_line_that_was_written_in_part(tmp_path, monkeypatch):
    records = RecordFile(tmp_path / "a", 1000, 1)
    records.append("whole")
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:3]))
    with pytest.raises(OSError, match="No space left"):
        records.append("lost")
    monkeypatch.undo()
    records.append("next")
    assert (tmp_path / "a").read_text() == "whole\nnext\n"
