"""What the system tells of a process (Linux)."""

import os
from pathlib import Path

TELLS = Path("/proc/self/status").exists()
"""Whether it tells."""


def memory(pid: int) -> int:
    """Bytes that are in memory."""
    return told(pid, "VmRSS") * 1024


def threads(pid: int) -> int:
    """How many threads it has."""
    return told(pid, "Threads")


def processor(pid: int) -> float:
    """Seconds of processor time so far, in user and kernel mode; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files(pid: int) -> int:
    """How many files and sockets it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def told(pid: int, name: str) -> int:
    """A number in its status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
