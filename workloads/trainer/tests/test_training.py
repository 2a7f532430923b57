import os
import re
import signal
import socket
import subprocess
import time

import pyarrow.parquet as pq
import pytest
from mlstack_common import tables
from mlstack_testing import free_port, until

import torch
from trainer.group import LostPeer, is_lost_peer


def losses(rank):
    return [float(match[1]) for line in rank.lines if (match := re.search(r"epoch=\d+ loss=([\d.]+)", line)) and "finished" not in line]


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_the_loss_falls_and_is_the_same_on_every_rank(start, world_size):
    ranks = start(world_size, program=("trainer",) if world_size < 4 else None, EPOCHS="12")
    assert [rank.wait() for rank in ranks] == [0] * world_size, [rank.lines for rank in ranks]
    for number, rank in enumerate(ranks):
        assert rank.says(f"rank={number} world_size={world_size} local_rank=0 backend=gloo")
        assert len(losses(rank)) == 12
        assert losses(rank)[-1] < 0.8 * losses(rank)[0]
    assert len({tuple(losses(rank)) for rank in ranks}) == 1


def test_a_lost_rank_ends_all_and_a_new_start_resumes(start, tmp_path):
    ranks = start(4, EPOCHS="30", EPOCH_SECONDS="0.3")
    until(lambda: all(rank.says("epoch=3 ") for rank in ranks))
    for number, rank in enumerate(ranks):
        numbers = rank.metrics()
        labels = f'{{rank="{number}"}}'
        assert numbers[f"mlstack_training_epoch{labels}"] >= 3 and numbers[f"mlstack_training_epochs{labels}"] == 30
        assert numbers[f"mlstack_training_together{labels}"] == 1
        assert time.time() - 600 < numbers[f"mlstack_started_timestamp_seconds{labels}"] <= time.time()
        until(lambda loss=numbers[f"mlstack_training_loss{labels}"], rank=rank: round(loss, 6) in losses(rank))
        # The leader alone writes checkpoints.
        written = numbers.get("mlstack_training_checkpoint_timestamp_seconds")
        assert (written is None) if number else (time.time() - 600 < written <= time.time())
    ranks[2].process.send_signal(signal.SIGKILL)
    others = [rank for number, rank in enumerate(ranks) if number != 2]
    assert all(rank.wait() not in (0, -signal.SIGKILL) for rank in others)
    assert all(rank.says("lost a peer: ") and not rank.says("Traceback") for rank in others)

    again = start(4, EPOCHS="30")
    assert [rank.wait() for rank in again] == [0] * 4
    for rank in again:
        resumed = next(int(match[1]) for line in rank.lines if (match := re.search(r"resumed from epoch (\d+)", line)))
        assert resumed >= 2
        assert not rank.says(f"epoch={resumed} loss") and rank.says(f"epoch={resumed + 1} loss")


def test_a_training_that_is_watched_is_seen_to_end(start):
    """Its last epoch is there to be read, and then it ends; nobody reads that of the other."""
    ranks = start(2, EPOCHS="5", EPOCH_SECONDS="0.3")
    until(lambda: ranks[0].says("epoch=1 "))
    ranks[0].metrics()
    assert ranks[1].wait() == 0
    until(lambda: ranks[0].says("finished epochs=5"))
    seen = ranks[0].metrics()
    assert seen['mlstack_training_epoch{rank="0"}'] == seen['mlstack_training_epochs{rank="0"}'] == 5
    assert ranks[0].wait() == 0


def test_waits_for_a_leader_that_comes_late(start):
    first = start(2, only=1, EPOCHS="2")
    until(lambda: first[0].process.poll() is None)
    late = start(2, only=0, EPOCHS="2")
    assert [first[0].wait(), late[0].wait()] == [0, 0]


def test_says_its_numbers_while_it_waits(start):
    """Of ranks that wait for a lost one it must be seen that they are there, also where it is the leader that hangs."""
    port = free_port()
    [leader] = start(2, only=0, MASTER_PORT=str(port))
    until(lambda: is_listening(port))
    assert leader.metrics()['mlstack_training_together{rank="0"}'] == 0
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        [other] = start(2, only=1, MASTER_PORT=str(hanging.getsockname()[1]))
        while not hanging.accept()[0].recv(1):
            pass  # It has only looked whether somebody listens.
        assert other.metrics()['mlstack_training_together{rank="1"}'] == 0


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_leader_that_hung_is_met_again(start):
    """Who waits for it meets the world of before when it goes on, and is none of it."""
    env = {"EPOCHS": "1000", "EPOCH_SECONDS": "0.2", "COLLECTIVE_TIMEOUT": "3"}
    leader, other = start(2, **env)
    until(lambda: other.says("epoch=3 "))
    leader.process.send_signal(signal.SIGSTOP)
    assert other.wait() == 75
    [other] = start(2, only=1, **env)
    until(lambda: is_connected(leader, other))
    leader.process.send_signal(signal.SIGCONT)
    assert leader.wait() == 75
    [leader] = start(2, only=0, **env)
    until(lambda: leader.says("resumed from epoch") and other.says("resumed from epoch"))


def is_connected(leader, other):
    """Whether the other waits for an answer of the leader, which hangs."""
    sockets = {os.readlink(f"/proc/{other.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{other.process.pid}/fd")}
    rows = [row.split() for file in ("tcp", "tcp6") for row in open(f"/proc/net/{file}", encoding="ascii")]
    return any(row[2].endswith(f":{leader.port:04X}") and row[3] == "01" and f"socket:[{row[9]}]" in sockets for row in rows)


def test_gives_up_on_ranks_that_never_come(start):
    [alone] = start(2, only=0, RENDEZVOUS_TIMEOUT="2")
    assert alone.wait() == 75
    assert alone.says("rank=0 lost a peer: the others did not come within 2 s")


def test_takes_the_checkpoint_before_a_damaged_one(start, tmp_path):
    assert start(1, EPOCHS="4")[0].wait() == 0
    newest = tmp_path / "checkpoints" / "epoch-000004.pt"
    newest.write_bytes(newest.read_bytes()[:200])
    [again] = start(1, EPOCHS="5")
    assert again.wait() == 0
    assert again.says("checkpoint epoch-000004.pt cannot be read") and again.says("resumed from epoch 3")


def test_keeps_three_checkpoints_and_no_half_written_file(start, tmp_path):
    assert start(1, EPOCHS="6")[0].wait() == 0
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["epoch-000004.pt", "epoch-000005.pt", "epoch-000006.pt", "metrics.json", "model.pt"]


def test_started_again_after_the_end_it_ends_at_once(start):
    assert start(1, EPOCHS="2")[0].wait() == 0
    [again] = start(1, EPOCHS="2")
    assert again.wait() == 0
    assert again.says("already finished epochs=2") and losses(again) == []


def test_other_features_are_trained_on_from_the_beginning(start, features, tmp_path):
    folder, accounts, edges = tmp_path / "features", pq.read_table(features / "accounts.parquet"), pq.read_table(features / "edges.parquet")
    tables.write(folder, "1", {"accounts.parquet": accounts, "edges.parquet": edges})
    env = {"STORAGE_BASE_DIR": str(folder), "EPOCHS": "3"}
    first = start(2, **env)
    assert [rank.wait() for rank in first] == [0, 0]
    tables.write(folder, "2", {"accounts.parquet": accounts.slice(0, 400), "edges.parquet": edges.slice(0, 0)})
    # As the platform does: all ranks are started again.
    second = start(2, **env)
    assert [rank.wait() for rank in second] == [0, 0], [rank.lines for rank in second]
    assert second[0].says("the checkpoints are of other features, and are now in ")
    assert all(len(losses(rank)) == 3 for rank in second) and losses(first[0]) != losses(second[0])
    assert sorted(path.name for path in (tmp_path / "checkpoints" / "of-other-features").iterdir()) == [f"epoch-00000{epoch}.pt" for epoch in (1, 2, 3)]
    # The same features: it goes on where it was.
    assert start(1, **env)[0].wait() == 0


def test_a_damaged_manifest_is_said(start, tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    [rank] = start(1, STORAGE_BASE_DIR=str(tmp_path))
    assert rank.wait() == 4
    assert rank.says("rank=0 cannot read the features: ") and rank.says("build the features again")


def test_runs_several_processes_a_member_under_torchrun(start):
    program = ("trainer-torchrun", "--standalone", "-m", "trainer")
    [member] = start(1, program=program, PET_NNODES="1", PET_NPROC_PER_NODE="2", EPOCHS="2")
    assert member.wait() == 0, member.lines
    assert member.says("rank=0 world_size=2 local_rank=0") and member.says("rank=1 world_size=2 local_rank=1")


def test_two_members_of_two_processes_meet_as_four_ranks(start):
    program = ("trainer-torchrun", "-m", "trainer")
    members = [
        start(2, only=node, program=program, PET_NNODES="2", PET_NPROC_PER_NODE="2", PET_NODE_RANK=str(node), PET_MASTER_ADDR="127.0.0.1", EPOCHS="2")[0]
        for node in (0, 1)
    ]
    assert [member.wait() for member in members] == [0, 0], [member.lines for member in members]
    for rank in range(4):
        assert members[rank // 2].says(f"rank={rank} world_size=4 local_rank={rank % 2} ")


def test_the_ranks_of_the_conformance_program_agree(start):
    ranks = start(4, command="trainer-conformance")
    assert [rank.wait() for rank in ranks] == [0] * 4
    assert [rank.lines[-1] for rank in ranks] == [
        f"RANK={number} LOCAL_RANK=0 WORLD_SIZE=4 MASTER_ADDR_RESOLVES=True ALL_REDUCE=6 BROADCAST=42" for number in range(4)
    ]


@pytest.mark.parametrize(
    ("env", "message"),
    [({"RANK": "4", "WORLD_SIZE": "4"}, "RANK: must be below WORLD_SIZE (4), got 4"), ({"EPOCHS": "0"}, "EPOCHS: "), ({"WORLD_SIZE": "0"}, "WORLD_SIZE: ")],
)
def test_refuses_wrong_variables(env, message):
    done = subprocess.run(["trainer"], env={"PATH": os.environ["PATH"], **env}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr


def test_says_that_the_features_are_missing(start):
    [rank] = start(1, STORAGE_BASE_DIR="/nowhere")
    assert rank.wait() == 4
    assert rank.says("rank=0 cannot read the features: ") and not rank.says("Traceback")


def test_a_fault_of_its_own_is_no_lost_peer():
    assert is_lost_peer(RuntimeError("[pair.cc:598] Connection closed by peer [10.244.0.9]:12355"))
    assert is_lost_peer(LostPeer("the others did not come"))
    assert not is_lost_peer(RuntimeError("mat1 and mat2 shapes cannot be multiplied (4x16 and 8x1)"))
    assert not is_lost_peer(torch.cuda.OutOfMemoryError("CUDA out of memory; see the store of cached blocks"))
