"""The one Ray node of the container: how it is started, and with which variables."""

import asyncio
import os
import secrets
import sys
from pathlib import Path

from image_classifier.settings import MEBIBYTE, SHARED_MEMORY, Settings

LOOPBACK = "127.0.0.1"


def command(settings: Settings) -> list[str]:
    """`ray start`, which runs as long as all of its processes do."""
    return [
        str(Path(sys.executable).with_name("ray")),
        "start",
        "--head",
        "--block",
        f"--node-ip-address={LOOPBACK}",
        f"--port={settings.ray_head_service_port}",
        "--min-worker-port=0",
        "--max-worker-port=0",
        "--num-cpus=1",  # for tasks; the models' actors take none of it, and the container's limit applies
        "--num-gpus=0",
        f"--object-store-memory={settings.object_store_memory}",
        f"--plasma-directory={SHARED_MEMORY}",
        f"--temp-dir={settings.run_dir / 'ray'}",
        "--include-dashboard=false",
        "--include-log-monitor=false",
        "--no-monitor",
        "--disable-usage-stats",
        "--log-style=record",
        "--log-color=false",
    ]


def environment() -> dict[str, str]:
    """Variables for Ray and for the workers that talk to it."""
    return {
        **os.environ,
        # Ray would listen on every address of the container, and a client that reaches it may run anything. The first keeps
        # it on the loopback address, the second requires a secret that only this container's processes have.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_metrics_collection": "0",
        # The container's memory limit applies; Ray's own would end a model because of others on the machine.
        "RAY_memory_monitor_refresh_ms": "0",
        # Processes for tasks, of which there are none.
        "RAY_prestart_worker_first_driver": "0",
        # Ray's logs are in memory.
        "RAY_ROTATION_MAX_BYTES": str(MEBIBYTE),
        "RAY_ROTATION_BACKUP_COUNT": "1",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
    }


async def listening(port: int) -> None:
    """Returns when Ray accepts connections."""
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
