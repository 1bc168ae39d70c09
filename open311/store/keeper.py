"""A child process that is started again when it dies, until it is stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import structlog

from open311.errors import Unavailable

__all__ = ["Keeper", "die_with_parent"]

_LOG = structlog.get_logger()
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else lambda *_: None
_PAUSE = 0.5  # seconds before the next start
_STOPPED = 120  # seconds that a fast shutdown may take


def die_with_parent(parent: int, sign: signal.Signals = signal.SIGINT) -> None:
    """Have this process get a signal when the thread that started it ends, however that ends.

    Args:
        parent: the process of that thread; where it has ended already, this one ends at once.
        sign: comes once for each thread of the parent that ends; to PostgreSQL, SIGINT is a fast
            shutdown.
    """
    _PRCTL(1, int(sign))  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


class Keeper:
    """Keeps one child alive. `process` is the running one."""

    def __init__(self, launch: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Start the child; `launch` does it, now and whenever it has died."""
        self._launch, self._turn, self._stopping = launch, threading.Lock(), False
        self.process = launch()

    def watch(self) -> None:
        """From now on start it again when it dies.

        The thread lives as long as we do, since Linux ends a child with the thread that started it.
        """
        threading.Thread(target=self._watch, name="keeper", daemon=True).start()

    def _watch(self) -> None:
        while not self._stopping:
            status = self.process.wait()
            time.sleep(_PAUSE)
            with self._turn:
                if self._stopping:
                    return
                _LOG.error("postgresql_died", status=status)
                try:
                    self.process = self._launch()
                except (OSError, Unavailable) as error:
                    _LOG.error("postgresql_away", problem=str(error))

    def stop(self) -> None:
        """Shut it down, in peace if it can be, and wait for its end."""
        with self._turn:
            self._stopping = True
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOPPED)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
