"""The event loop of `async def` handlers: one for the life of the instance, in a thread of its own.

One for all, so that what the code keeps between invocations (sessions, pools of connections) stays usable.
"""

import asyncio
import _thread
from _contextvars import copy_context


class Loop:
    """`on_end` is called with the exception when the loop ends, which only `sys.exit` and its like can bring about."""

    def __init__(self, on_end):
        self._loop = asyncio.new_event_loop()
        self._on_end = on_end
        _thread.start_new_thread(self._run, ())

    def _run(self):
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        except BaseException as error:
            self._on_end(error)

    def start(self, awaitable, invocation, done):
        """Runs the awaitable in the caller's context; then calls `done(awaited)`, where `awaited()` returns or raises."""
        self._loop.call_soon_threadsafe(self._begin, awaitable, invocation, done, context=copy_context())

    def _begin(self, awaitable, invocation, done):
        task = self._loop.create_task(result_of(awaitable))
        invocation.on_cancel(lambda: self._loop.call_soon_threadsafe(task.cancel))
        task.add_done_callback(lambda _task: done(task.result))


async def result_of(awaitable):
    return await awaitable
