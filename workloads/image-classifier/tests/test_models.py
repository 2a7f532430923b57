import asyncio

import pytest
from fastapi import HTTPException
from ray.exceptions import ActorDiedError, ActorUnavailableError, PendingCallsLimitExceeded

from image_classifier.app import numbers
from image_classifier.files import NAMES
from image_classifier.models import Models, Unavailable


class Method:
    def __init__(self, call):
        self.remote = call


class FakeActor:
    """Answers as its two functions say."""

    def __init__(self, predict=None, check=None):
        async def right(*_):
            return {"pid": 1, "version": "v", "sha256": "v", "seconds": 0.1, "loads": 1, "problem": None}

        self.predict, self.check = Method(predict), Method(check or right)


def raising(error):
    async def call(*_):
        raise error

    return call


async def models_of(actors, timeout=10.0):
    models = Models(actors.__getitem__, timeout)
    for name in NAMES:
        await models.check(name)
    return models


def test_the_ensemble_asks_all_at_the_same_time():
    async def run():
        # Nobody answers until all have been asked: one after the other would wait for ever.
        together = asyncio.Barrier(len(NAMES))

        async def predict(pixels):
            await together.wait()
            return pixels

        models = await models_of({name: FakeActor(predict) for name in NAMES})
        assert await models.ensemble(0.7) == {"clip": 0.7, "lgbm": 0.7}

    asyncio.run(run())


def test_a_model_whose_actor_died_is_left_alone_until_it_is_well_again():
    async def run():
        actors = {name: FakeActor(raising(ActorUnavailableError("gone", b"0" * 16))) for name in NAMES}
        models = await models_of(actors)
        assert models.available == 2 and models.not_ready() is None
        with pytest.raises(Unavailable, match="clip: is being started again"):
            await models.predict("clip", 1)
        assert models.available == 1 and "clip" in models.not_ready()
        await models.check("clip")
        assert models.available == 2

    asyncio.run(run())


def test_an_actor_that_was_ended_for_good_is_made_anew():
    async def run():
        async def predict(_):
            return 0.5

        found = [FakeActor(predict), FakeActor(predict), FakeActor(predict)]
        models = Models(lambda _: found.pop(0), 10)
        models._actors["clip"] = FakeActor(check=raising(ActorDiedError()))
        await models.check("clip")
        assert models.problems["clip"] is not None
        await models.check("clip")
        assert await models.predict("clip", 1) == 0.5

    asyncio.run(run())


def test_one_that_is_too_busy_refuses_and_stays_in_service():
    async def run():
        busy = PendingCallsLimitExceeded("full")
        actors = {name: FakeActor(raising(busy)) for name in NAMES}
        models = await models_of(actors)
        with pytest.raises(Unavailable, match="too many requests"):
            await models.predict("clip", 1)
        actors["clip"].check = Method(raising(busy))
        await models.check("clip")
        assert models.available == 2

    asyncio.run(run())


def test_one_that_hangs_is_given_up():
    async def run():
        async def never(_):
            await asyncio.Event().wait()

        models = await models_of({name: FakeActor(never) for name in NAMES}, timeout=0.01)
        with pytest.raises(Unavailable, match="did not answer within 0.01 s"):
            await models.predict("lgbm", 1)

    asyncio.run(run())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_answer_that_is_no_number_is_no_verdict(value):
    with pytest.raises(HTTPException, match=f"clip: gives {value}, which is no probability") as refused:
        numbers({"lgbm": 0.5, "clip": value})
    assert refused.value.status_code == 500
    assert numbers({"clip": 0.0}) == {"clip": 0.0}


def test_one_without_files_says_so():
    async def run():
        async def check():
            return {"pid": 1, "version": "", "loads": 0, "problem": "no model in /x"}

        models = await models_of({name: FakeActor(check=check) for name in NAMES})
        with pytest.raises(Unavailable, match="clip: no model in /x"):
            await models.predict("clip", 1)
        assert models.available == 0

    asyncio.run(run())
