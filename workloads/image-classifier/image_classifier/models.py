"""What a worker knows of the models: it asks their actors, and checks their answers."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from ray.exceptions import ActorDiedError, PendingCallsLimitExceeded, RayActorError, RayError

from image_classifier.files import NAMES
from image_classifier.metrics import MODEL

CHECK = 2.0
"""Seconds between two checks of a model that answers."""
CHECK_AGAIN = 0.25
"""Seconds between two checks of one that does not."""

log = logging.getLogger("image-classifier")


class Unavailable(Exception):
    """No answer now; another attempt, soon or elsewhere, may get one."""


class Models:
    """The models by name. One that failed is not asked until a check in the background succeeds."""

    def __init__(self, find: Callable[[str], Any], timeout: float) -> None:
        self._find = find
        self._actors = {name: find(name) for name in NAMES}
        self._timeout = timeout
        self.problems: dict[str, str | None] = dict.fromkeys(NAMES, "is loading")
        self.states: dict[str, dict[str, object]] = {}

    @property
    def available(self) -> int:
        """Number of models that answer."""
        return sum(problem is None for problem in self.problems.values())

    def not_ready(self) -> str | None:
        """Why not every question can be answered; None when it can."""
        return "; ".join(f"{name}: {problem}" for name, problem in self.problems.items() if problem) or None

    async def predict(self, name: str, pixels: np.ndarray) -> float:
        """The answer of one model.

        Raises:
            Unavailable: it is loading, is being started again, or has too many calls waiting.
        """
        if problem := self.problems[name]:
            raise Unavailable(f"{name}: {problem}")
        try:
            answer = await asyncio.wait_for(self._ask(name, "predict", pixels), self._timeout)
        except PendingCallsLimitExceeded:
            raise Unavailable(f"{name}: too many requests wait for it") from None
        except RayActorError as error:
            self._note(name, f"is being started again ({type(error).__name__})")
            raise Unavailable(f"{name}: {self.problems[name]}") from None
        except TimeoutError:
            raise Unavailable(f"{name}: did not answer within {self._timeout:g} s") from None
        if answer is None:
            self._note(name, "is loading")
            raise Unavailable(f"{name}: is loading")
        return answer

    async def ensemble(self, pixels: np.ndarray) -> dict[str, float]:
        """The answer of each model; all are asked at the same time."""
        answers = await asyncio.gather(*(self.predict(name, pixels) for name in NAMES))
        return dict(zip(NAMES, answers, strict=True))

    async def watch(self, name: str) -> None:
        """Checks for ever whether the model gives right answers."""
        while True:
            await self.check(name)
            await asyncio.sleep(CHECK_AGAIN if self.problems[name] else CHECK)

    async def check(self, name: str) -> None:
        """Asks the model for its state."""
        try:
            state = await asyncio.wait_for(self._ask(name, "check"), self._timeout)
            self.states[name] = {key: state[key] for key in ("pid", "version", "loads", "problem")}
            if state["version"]:
                MODEL.loaded(name, state["version"], state["seconds"], sha256=state["sha256"])
            self._note(name, state["problem"])
        except PendingCallsLimitExceeded:
            return  # busy is not broken
        except (RayError, TimeoutError) as error:
            self._note(name, f"is being started again ({type(error).__name__})")
            if isinstance(error, ActorDiedError):  # for good: it was ended on purpose
                self._actors[name] = self._find(name)

    async def _ask(self, name: str, method: str, *arguments: object) -> Any:
        return await getattr(self._actors[name], method).remote(*arguments)

    def _note(self, name: str, problem: str | None) -> None:
        if problem != self.problems[name]:
            log.log(logging.WARNING if problem else logging.INFO, "%s: %s", name, problem or "answers")
        self.problems[name] = problem
        MODEL.golden(name, problem is None)
