"""Memory of this process: how much it has had at most, and how much it may have."""

import os
import sys


def peak_memory_kib():
    """Not `getrusage`: its maximum begins with that of the process which started this one."""
    descriptor = os.open('/proc/self/status', os.O_RDONLY)
    try:
        status = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    start = status.index(b'VmHWM:') + 6
    return int(status[start : status.index(b'kB', start)])


def limit_memory(memory_mib):
    """
    A net below a sandbox that does not limit memory: a runaway gets `MemoryError` before the machine has none left.
    Generous, since the stacks of threads count in full though hardly used.
    """
    import resource

    # The name belongs to the code, which may have a module of its own called so.
    sys.modules.pop('resource', None)
    most = 2 * memory_mib * 1024 * 1024 + 256 * 1024 * 1024
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    except (OSError, ValueError):
        pass  # The limit is already lower.
