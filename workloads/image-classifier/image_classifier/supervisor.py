"""Runs Ray and the web workers as one program, which the platform starts, stops and starts again."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import Process
from contextlib import suppress

from prometheus_client import multiprocess

from image_classifier import ray_head
from image_classifier.settings import FINISH, Settings
from mlstack_common.ending import Exit
from mlstack_common.timing import LEAVE

START = 60.0
"""Most seconds until Ray accepts connections."""
STOP = 3.0
"""Most seconds that Ray gets to stop."""
TRIES = 3
"""Times in a row that a worker may end within `SHORT` seconds of its start."""
SHORT = 15.0

log = logging.getLogger("image-classifier")


class Supervisor:
    """One Ray node, then the workers on one socket. A worker that ends is started again; without Ray all ends."""

    def __init__(self, settings: Settings, opened: socket.socket) -> None:
        self.settings = settings
        self.socket = opened
        self.metrics = settings.run_dir / "metrics"
        self.output = settings.run_dir / "ray-start.log"
        self.asked = asyncio.Event()
        self.workers: dict[int, Process] = {}

    async def run(self) -> int:
        """Runs until asked to stop; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.asked.set)
        settings = self.settings
        shutil.rmtree(settings.run_dir, ignore_errors=True)
        self.metrics.mkdir(parents=True)
        self.environment = {**ray_head.environment(), "PROMETHEUS_MULTIPROC_DIR": str(self.metrics)}
        with self.output.open("wb") as output:
            self.head = await asyncio.create_subprocess_exec(
                *ray_head.command(settings), stdout=output, stderr=output, env=self.environment, start_new_session=True
            )
        asked, ended = asyncio.create_task(self.asked.wait()), asyncio.create_task(self.head.wait())
        up = asyncio.create_task(ray_head.listening(settings.ray_head_service_port))
        await asyncio.wait({asked, ended, up}, timeout=START, return_when=asyncio.FIRST_COMPLETED)
        keepers: list[asyncio.Task[None]] = []
        if up.done() and not ended.done():
            keepers = [asyncio.create_task(self._keep(number)) for number in range(settings.uvicorn_workers)]
            await asyncio.wait({asked, ended, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        return await self._end(ended, keepers)

    async def _end(self, ended: asyncio.Task[int], keepers: list[asyncio.Task[None]]) -> int:
        """Stops all; the exit code says why."""
        code = 0
        if not self.asked.is_set():
            await asyncio.wait({ended}, timeout=2)  # workers notice the end of Ray a moment earlier
            code = Exit.RAY_ENDED if ended.done() or not keepers else Exit.NOT_STARTED
            reason = "Ray has ended" if ended.done() else "a worker does not start" if keepers else f"no Ray within {START:g} s"
            log.error("%s; ending", reason)
            if code == Exit.RAY_ENDED:
                print(*self.output.read_text(errors="replace").splitlines()[-20:], sep="\n", file=sys.stderr)
        self.asked.set()
        await self._stop()
        for task in keepers:
            task.cancel()
        return code

    async def _keep(self, number: int) -> None:
        """Keeps one worker running; returns when it does not start."""
        short = 0
        while not self.asked.is_set():
            started = asyncio.get_running_loop().time()
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "image_classifier.worker", str(self.socket.fileno())),
                pass_fds=[self.socket.fileno()],
                env=self.environment,
            )
            self.workers[number] = worker
            code = await worker.wait()
            multiprocess.mark_process_dead(worker.pid, str(self.metrics))
            if self.asked.is_set():
                return
            short = short + 1 if asyncio.get_running_loop().time() - started < SHORT else 1
            log.error("worker %d ended with code %d", number, code)
            if short == TRIES:
                return

    async def _stop(self) -> None:
        """Workers first, which announce that they leave and finish what runs; then Ray."""
        self.socket.close()  # otherwise new connections would wait for ever once the workers have ended
        running = [worker for worker in self.workers.values() if worker.returncode is None]
        for worker in running:
            worker.terminate()
        await self._wait_for_end(running, LEAVE + FINISH + 1)
        if self.head.returncode is None:
            self.head.terminate()
        await self._wait_for_end([self.head], STOP)
        with suppress(ProcessLookupError):
            os.killpg(self.head.pid, signal.SIGKILL)

    async def _wait_for_end(self, processes: list[Process], limit: float) -> None:
        """Waits until the processes have ended; kills those that do not in time."""
        if not processes:
            return
        await asyncio.wait([asyncio.create_task(process.wait()) for process in processes], timeout=limit)
        for process in processes:
            if process.returncode is None:
                log.warning("process %d did not end within %g s; killed", process.pid, limit)
                process.kill()
                await process.wait()
