"""Says which Python this is, for the server, as one line of JSON; runs in any Python 3.

Compiles the program of the instance on the way, where its folder can be written: compiling takes longer than the rest
of a cold start. The cache goes by the content of the sources, since package managers give all files the same time.
"""

import json
import os
import py_compile
import sys

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, 'millrace_instance')

if sys.version_info >= (3, 8) and os.access(here, os.W_OK):
    for name in sorted(os.listdir(folder)):
        if name.endswith('.py'):
            try:
                mode = py_compile.PycInvalidationMode.CHECKED_HASH
                py_compile.compile(os.path.join(folder, name), invalidation_mode=mode)
            except OSError:
                pass

print(
    json.dumps(
        {
            'implementation': sys.implementation.name,
            'version': '%d.%d.%d' % sys.version_info[:3],
            'executable': os.path.realpath(sys.executable),
            'library': os.path.dirname(os.path.realpath(os.__file__)),
        }
    )
)
