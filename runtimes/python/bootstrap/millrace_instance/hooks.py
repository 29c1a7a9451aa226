"""What has to be changed in modules of the standard library, at the moment when the code imports them.

Threads and thread pools carry on the context of whoever started the work, so that their output belongs to the right
request; an exception that no thread catches is told to the instance; `logging` writes as the specification has it.
"""

import sys
from _contextvars import copy_context


def install(instance):
    sys.meta_path.insert(
        0,
        ImportHook(
            {
                'threading': lambda module: patch_threading(module, instance.on_thread_exception),
                'concurrent.futures.thread': patch_executor,
                'logging': lambda module: patch_logging(instance.output),
            }
        ),
    )


class ImportHook:
    """A finder that leaves finding to the others, and runs a patch after the module was loaded for the first time."""

    def __init__(self, patches):
        self._patches = patches

    def find_spec(self, name, path=None, target=None):
        if name not in self._patches:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        if spec.loader is not None:
            spec.loader = PatchingLoader(spec.loader, self._patches.pop(name))
        return spec


class PatchingLoader:
    """A loader of its own, since those of the standard library may be shared by many modules."""

    def __init__(self, loader, patch):
        self._loader = loader
        self._patch = patch

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            self._patch(module)
        except AttributeError:
            pass  # A module of the code that only has the same name.


def patch_threading(threading, on_exception):
    start = threading.Thread.start

    def start_in_context(self):
        work = self.run
        context = copy_context()
        self.run = lambda: context.run(work)
        start(self)

    threading.Thread.start = start_in_context
    threading.excepthook = on_exception


def patch_executor(module):
    submit = module.ThreadPoolExecutor.submit

    def submit_in_context(self, work, *args, **kwargs):
        return submit(self, copy_context().run, work, *args, **kwargs)

    module.ThreadPoolExecutor.submit = submit_in_context


def patch_logging(output):
    from . import log

    log.configure(output)
