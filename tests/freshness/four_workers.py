"""Worker processes of the real service, each on a port of its own: `python -m tests.freshness.four_workers PORT…`.

They are forked from one process that has read the program already, which is most of what starting one takes.
"""

from __future__ import annotations

import os
import signal
import sys

import uvicorn

from api.door_protocol import DoorProtocol
from api.serving import made_app


def serve(port: int) -> None:
    """Be one worker, until told to end."""
    uvicorn.run(made_app(), host="127.0.0.1", port=port, http=DoorProtocol, log_config=None, access_log=False)


def main(ports: list[int]) -> None:
    """Start all, and end them when told to."""
    workers = []
    for port in ports:
        pid = os.fork()
        if pid == 0:
            serve(port)
            os._exit(0)
        workers.append(pid)

    def end(*_: object) -> None:
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    for pid in workers:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1:]])
