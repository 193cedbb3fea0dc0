"""Under what conditions figures were measured: without them a figure says nothing."""

import os
import platform
import sqlite3
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
FLUSHES = 100


def told(folder: Path, postgres: str, options: Sequence[str], memory: int) -> list[str]:
    """Return the conditions, a line each."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in ("uvloop", "asyncpg", "grpcio", "protobuf", "msgspec"))
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    return [
        f"machine      {model}, {os.cpu_count()} cores, {memory} MiB, {platform.system()} {platform.release()}",
        f"busy         load average {load}",
        f"versions     Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres}",
        f"             {packages}",
        f"durability   PostgreSQL {' '.join(options)}; SQLite WAL, synchronous=FULL",
        f"disk         fdatasync of 8 KiB takes {_flush(folder) * 1e6:.0f} µs (median of {FLUSHES})",
        "load         closed loop: a caller sends its next bet when the last is answered; N/s: by the clock, and",
        "             latency counts from when a bet was due. Load, core and database share these cores",
        "columns      ratio: to the first of the contest in the same round; foreign: how many cores everything else",
        "             took meanwhile; commits: smallest [quartiles] largest, behind a door as ends of buckets",
    ]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def _flush(folder: Path) -> float:
    seconds = []
    with (folder / "flush").open("wb") as file:
        for _ in range(FLUSHES):
            file.write(b"x" * 8192)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return sorted(seconds)[FLUSHES // 2]


def busy_seconds() -> float:
    """Return the seconds all cores have been busy since the machine started."""
    user, nice, system, _, _, irq, soft, *_ = map(int, _lines("/proc/stat")[0].split()[1:])
    return (user + nice + system + irq + soft) / TICKS


def family_seconds(pid: int) -> float:
    """Return the CPU seconds of a process, its descendants, and those of them that have ended."""
    parents, seconds = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(fields[1])
            seconds[int(folder.name)] = sum(map(int, fields[11:15])) / TICKS  # its own, and of children it has buried
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(seconds.get(each, 0.0) for each in family)


def own_seconds(pid: int) -> float:
    """Return the CPU seconds of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return sum(map(int, fields[11:13])) / TICKS


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[1])
