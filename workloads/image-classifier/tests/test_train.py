import hashlib
import json

import pytest
from conftest import train

from image_classifier.files import Damaged, load


def test_writes_models_that_tell_unseen_images_apart(models):
    checksums = json.loads((models / "checksums.json").read_text())
    assert sorted(checksums) == ["clip.npz", "golden.json", "lgbm.txt"]
    assert all(hashlib.sha256((models / name).read_bytes()).hexdigest() == checksum for name, checksum in checksums.items())
    assert not list(models.glob(".*"))


def test_same_variables_give_the_same_files_and_another_seed_others(models, tmp_path):
    train(tmp_path / "again")
    train(tmp_path / "other", SEED="8")
    for name in ("clip.npz", "lgbm.txt", "golden.json", "checksums.json"):
        assert (tmp_path / "again" / name).read_bytes() == (models / name).read_bytes()
        assert (tmp_path / "other" / name).read_bytes() != (models / name).read_bytes()


def test_golden_answers_differ_between_images(models):
    for answers in json.loads((models / "golden.json").read_text())["response"].values():
        assert min(answers) < 0.5 < max(answers)


def test_refuses_wrong_variables_all_at_once(tmp_path):
    done = train(tmp_path, SAMPLES="1", SEED="-1")
    assert done.returncode == 2
    assert "SAMPLES: " in done.stderr and "SEED: " in done.stderr and "Traceback" not in done.stderr


def test_says_that_it_cannot_write(tmp_path):
    tmp_path.chmod(0o500)
    done = train(tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (4, 1)
    assert "MODELS_DIR: cannot write" in done.stderr


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_refuses_a_file_that_is_not_what_was_written(models, tmp_path, damage):
    for path in models.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert load(tmp_path, "clip.npz")[0] == (models / "clip.npz").read_bytes()
    damage(tmp_path / "clip.npz")
    with pytest.raises(Damaged, match="run classifier-train"):
        load(tmp_path, "clip.npz")
