"""Processor time and memory of a process and its children. Linux: elsewhere all figures are 0."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, that the process and its living descendants have used."""
    return sum(_cpu_seconds(member) for member in _family(pid))


def rss_kib(pid: int) -> int:
    """Memory that the process and its living descendants hold now."""
    return sum(_rss_kib(member) for member in _family(pid))


def _family(pid: int) -> list[int]:
    """List a process and all its living descendants."""
    found = [pid]
    for parent in found:
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in _read_text(path).split())
    return found


def _cpu_seconds(pid: int) -> float:
    """Own time by the process's clock, which counts nanoseconds, and that of children it has waited for."""
    after_name = _read_text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    waited_for = sum(int(ticks) for ticks in after_name[13:15]) / TICKS_PER_SECOND
    try:
        # The kernel's number of a process's clock: clock_getcpuclockid(3), which Python does not offer.
        return time.clock_gettime((~pid << 3) | 2) + waited_for
    except OSError:
        return 0.0


def _rss_kib(pid: int) -> int:
    """Read VmRSS; a process that is gone holds nothing."""
    lines = _read_text(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _read_text(path: Path) -> str:
    """Read a file of /proc, which may vanish at any time."""
    try:
        return path.read_text()
    except OSError:
        return ""
