import pickle
import subprocess
from pathlib import Path

import pytest
import torch
from image_api.catalogue import BREEDS
from image_api.checkpoint import stand_in


def test_is_the_same_for_the_same_seed(make):
    one, same, other = (Path(make(seed=seed, name=name)).read_bytes() for seed, name in ((3, "a.pt"), (3, "b.pt"), (4, "c.pt")))
    assert one == same and one != other


def test_names_67_breeds():
    assert len(set(BREEDS)) == 67


def test_says_when_it_cannot_be_written(tmp_path):
    done = subprocess.run(["image-api-checkpoint", str(tmp_path / "none" / "model.pt")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "cannot be written: No such file or directory" in done.stderr


def test_ends_without_a_checkpoint(refused, tmp_path):
    code, said = refused(API_CHECKPOINT_PATH=str(tmp_path / "none.pt"))
    assert code == 4
    assert said.startswith(f"API_CHECKPOINT_PATH: no file {tmp_path}/none.pt") and "image-api-checkpoint" in said


class Harmful:
    """Runs a program when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize("kind", ["cut off", "text", "empty", "another model's", "weights of another width", "weights that are no numbers"])
def test_ends_with_a_damaged_checkpoint(refused, tmp_path, kind):
    path = tmp_path / "model.pt"
    whole = stand_in("catnet-small", 67, 224, 1)
    if kind == "another model's":
        torch.save({"weights": torch.zeros(3)}, path)
    elif kind == "weights of another width":
        path.write_bytes(whole)
        torch.save(torch.load(path) | {"state": {"out.bias": torch.zeros(3)}}, path)
    elif kind == "weights that are no numbers":
        path.write_bytes(whole)
        state = torch.load(path)
        state["state"]["out.bias"][7] = float("nan")
        torch.save(state, path)
    else:
        path.write_bytes({"cut off": whole[: len(whole) // 2], "text": b"weights", "empty": b""}[kind])
    code, said = refused(API_CHECKPOINT_PATH=str(path), API_WORKERS="2")
    assert code == 4
    assert f"API_CHECKPOINT_PATH: {path}" in said


def test_runs_no_code_of_a_checkpoint(refused, tmp_path):
    path, mark = tmp_path / "model.pt", tmp_path / "harm"
    torch.save({"format": "catnet/1", "model": Harmful(mark)}, path)
    code, _ = refused(API_CHECKPOINT_PATH=str(path))
    assert code == 4 and not mark.exists()
    path.write_bytes(pickle.dumps(Harmful(mark)))
    code, _ = refused(API_CHECKPOINT_PATH=str(path))
    assert code == 4 and not mark.exists()


def test_says_what_does_not_fit(refused, make):
    code, said = refused(API_CHECKPOINT_PATH=make(classes=5), API_IMAGE_SIZE="192")
    assert code == 4
    assert "API_NUM_CLASSES is 67 but the file was made for 5; API_IMAGE_SIZE is 192 but the file was made for 224" in said


def test_the_larger_model_answers_too(serve, make):
    api = serve(API_CHECKPOINT_PATH=make(model="catnet-base"), API_MODEL_NAME="catnet-base")
    assert api.predict().json()["model"] == "catnet-base"
