"""The program of one instance: connects to the server, loads one function, runs its invocations.

Speaks docs/reference/runtime-protocol.md. Standard library only, Python 3.8 and later. Loading is most of a cold
start, hence the order below, and hence what only some functions need (`json`, `logging`, `threading`, `asyncio`,
`traceback`) is imported when it is needed: `json` alone would take half as long as all the rest.
"""


def main(memory_mib):
    """Says hello before it loads the rest: the server answers in the meantime. Never returns."""
    import sys

    # The folder of this package was needed to find it; its modules find each other by the package.
    del sys.path[0], sys.argv[1:]
    from . import connection

    link = connection.connect()
    from . import instance

    instance.run(link, memory_mib)
