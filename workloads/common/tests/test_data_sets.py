"""One version of the data at a time, whatever dies when."""

import json
import os
import shutil
import signal
import sys

import pytest
from mlstack_common import data_sets
from mlstack_common.data_sets import current, publish
from mlstack_common.ending import Failure

NAMES = ["a", "b"]


def files(text):
    """Two files that belong together."""

    def write(path):
        path.write_text(text)
        return 1

    return dict.fromkeys(NAMES, write)


def content(data):
    return {name: data.path(name).read_text() for name in NAMES}


def killed_at(step, action):
    """Runs `action` in a process that is killed at its `step`-th access to the file system; whether it came to its end before."""
    if (pid := os.fork()) == 0:
        steps = iter(range(step))

        def die(event, _):
            if event != "os.kill" and event.split(".")[0] in ("open", "os", "shutil") and next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return not os.WIFSIGNALED(status)


def of_an_earlier_release(folder):
    """Files beside a manifest that names no folder."""
    data = publish(folder, "1", files("old"))
    for name in NAMES:
        (folder / name).unlink()
        (folder / name).write_text("old")
    shutil.rmtree(data.folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["folder"]
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("first", [lambda folder: publish(folder, "1", files("old")), of_an_earlier_release], ids=["this release", "an earlier one"])
def test_a_writer_that_is_killed_at_any_step_leaves_the_old_version_or_the_new_one_whole(tmp_path, first):
    seen = []
    for step in range(1000):
        folder = tmp_path / str(step)
        first(folder)
        finished = killed_at(step, lambda folder=folder: publish(folder, "2", files("new")))
        data = current(folder)
        seen.append(data.version)
        assert content(data) == dict.fromkeys(NAMES, {"1": "old", "2": "new"}[data.version])
        # The next run heals all, and leaves nothing of the one that died.
        again = publish(folder, "2", files("new"))
        assert content(again) == dict.fromkeys(NAMES, "new") == {name: (folder / name).read_text() for name in NAMES}
        publish(folder, "3", files("newest"))
        assert {path.name for path in folder.iterdir()} == {*NAMES, "manifest.json", again.folder.name, current(folder).folder.name}
        if finished:
            break
    assert len(seen) > 20 and seen == sorted(seen) and set(seen) == {"1", "2"}


def test_the_version_before_can_be_read_until_the_next_is_written(tmp_path):
    first = publish(tmp_path, "1", files("old"))
    publish(tmp_path, "2", files("new"))
    assert content(first) == dict.fromkeys(NAMES, "old")
    publish(tmp_path, "3", files("newest"))
    assert not first.folder.exists()


def test_the_same_data_have_the_same_id_and_a_damaged_copy_is_healed(tmp_path):
    first = publish(tmp_path, "1", files("same"))
    first.path("a").write_text("damaged")
    again = publish(tmp_path, "1", files("same"))
    assert again == first and content(again) == dict.fromkeys(NAMES, "same")
    assert publish(tmp_path, "2", files("same")).id != first.id != publish(tmp_path, "1", files("other")).id


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    first = publish(tmp_path, "1", files("old"))

    def full(_):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        publish(tmp_path, "2", files("new") | {"b": full})
    assert current(tmp_path) == first
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, "manifest.json", first.folder.name}


def test_copies_where_a_file_can_have_one_name_only(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr(data_sets.os, "link", refuse)
    publish(tmp_path, "1", files("old"))
    assert [(tmp_path / name).read_text() for name in NAMES] == ["old", "old"]


def test_a_name_that_is_not_among_the_files_is_refused(tmp_path):
    with pytest.raises(Failure, match="does not name c; build the features again"):
        publish(tmp_path, "1", files("old")).path("c")
