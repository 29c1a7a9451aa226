"""The life of the instance: what the server sends, what the code makes of it, and how it ends."""

import atexit
import os
import _thread
from _contextvars import copy_context

from . import code, connection, hooks
from .context import FCContext
from .headers import read_header, result_header
from .invocation import Invocation
from .output import ERR, Output
from .resources import limit_memory, peak_memory_kib
from .workers import Workers

# Exit codes: after an error that nobody caught, and without a server.
FAILED, ABANDONED = 1, 70


def run(link, memory_mib):
    """Never returns. The main thread runs the code, another one reads."""
    instance = Instance(link)
    limit_memory(memory_mib)
    instance.output.capture()
    hooks.install(instance)
    os.register_at_fork(after_in_child=instance.forked)
    _thread.start_new_thread(instance.read, ())
    instance.workers.run_main()


class Instance:
    """`state` goes from `booting` by `initializing` to `ready`, `draining`; to `dying` from any of them."""

    def __init__(self, link):
        self.link = link
        self.state = 'booting'
        self.output = Output(self.sole)
        self.workers = Workers(self.die)
        self.running = {}
        self.initialization = None
        self.highest_channel = 0
        self.base_context = {}
        self.handler = None
        self.loop = None
        self.is_child = False
        self.takes_http = False
        self.hooks = {}
        self.initial_request_id = ''
        self.is_stopping = False

    # ------------------------------------------------------------ what the server sends

    def read(self):
        try:
            for frame in self.link.frames():
                self.on_frame(*frame)
        except BaseException:
            pass  # A broken protocol is treated as a server that is gone.
        if self.state != 'dying':
            vanish()

    def on_frame(self, frame_type, channel, header, payload):
        if frame_type == connection.INVOKE:
            if self.state == 'ready':
                self.begin(channel, read_header(header), payload)
        elif frame_type == connection.CANCEL:
            invocation = self.running.get(channel)
            if invocation is not None:
                invocation.cancel()
        elif frame_type == connection.PING:
            self.link.send(connection.PONG, channel, b'', payload)
        elif frame_type == connection.DRAIN:
            self.drain()
        elif frame_type == connection.FREEZE:
            self.workers.give(self.freeze)
        elif frame_type == connection.CREDIT:
            invocation = self.running.get(channel)
            if invocation is not None and invocation.window is not None:
                invocation.window.credit(read_header(header)['bytes'])
        elif frame_type == connection.INITIALIZE and self.state == 'booting':
            self.state = 'initializing'
            members = read_header(header)
            self.workers.give(lambda worker: self.initialize(worker, members))
        else:
            raise connection.ProtocolError('frame type %d is not allowed here' % frame_type)

    def begin(self, channel, header, payload):
        invocation = Invocation(channel, header['requestId'], self.output)
        self.running[channel] = invocation
        self.highest_channel = channel
        self.workers.give(lambda worker: self.invoke(worker, invocation, header, payload))

    def drain(self):
        with self.link.lock:
            if self.state == 'dying':
                return
            self.state = 'draining'
            is_idle = not self.running
        if is_idle:
            self.workers.give(self.stop)

    # ------------------------------------------------------------ running the code

    def initialize(self, worker, header):
        """Loads the code in this thread's own context, so that threads it starts know whose output theirs is."""
        owner = self.initialization = Invocation(0, header['requestId'], self.output)
        self.initial_request_id = header['requestId']
        token = self.output.current.set(owner)
        kind = 'unhandled'
        try:
            self.base_context = header['context']
            code.enter(header['codePath'], header['environment'], header.get('layersPath'))
            self.handler = code.load(header['handler'])
            self.takes_http = header.get('handlerKind') == 'http'
            for name in ('preStop', 'preFreeze'):
                if header.get(name) is not None:
                    self.hooks[name] = code.load(header[name])
            if header.get('initializer') is not None:
                kind = 'initialization'
                initializer = code.load(header['initializer'])
                self.wait(initializer(FCContext(self.base_context, header, owner)), owner)
            self.output.flush()
        except SystemExit as error:
            self.exit(error)
        except BaseException as error:
            self.fail_initialization(kind, error)
            return
        self.output.end_lines(owner)
        self.output.current.reset(token)
        self.workers.release(worker)
        with self.link.lock:
            self.initialization = None
            if self.state == 'initializing':
                self.state = 'ready'
                self.link.send(connection.INITIALIZED, 0, result_header(owner.duration_ms(), peak_memory_kib(), None))

    def fail_initialization(self, kind, error):
        owner = self.initialization
        self.log_error(owner, error)
        with self.link.lock:
            if self.state == 'initializing':
                self.send_error(0, kind, error, owner)
        self.leave(FAILED)

    def wait(self, returned, owner):
        """An initializer may be `async` as well; it is waited for here."""
        if not hasattr(type(returned), '__await__'):
            return
        ended = _thread.allocate_lock()
        ended.acquire()
        outcome = []

        def done(awaited):
            outcome.append(awaited)
            ended.release()

        self.event_loop().start(returned, owner, done)
        ended.acquire()
        outcome[0]()

    def invoke(self, worker, invocation, header, payload):
        context = FCContext(self.base_context, header, invocation)
        try:
            # Each in a context of its own: what one sets the next does not see.
            result = copy_context().run(self.call, invocation, header, payload, context)
        except SystemExit as error:
            self.exit(error)
        except BaseException as error:
            self.workers.release(worker)
            self.fail(invocation, error)
        else:
            self.workers.release(worker)
            if result is not None:
                self.succeed(invocation, *result)

    def call(self, invocation, header, payload, context):
        """The result as bytes with their type, or `None` when it comes later, from the event loop."""
        self.output.current.set(invocation)
        try:
            if self.takes_http and 'http' in header:
                from .http import exchange

                return exchange(self, self.handler, invocation, header['http'], payload, context)
            returned = self.handler(payload, context)
            if hasattr(type(returned), '__next__') or hasattr(type(returned), '__anext__'):
                from .parts import send_returned

                return send_returned(self, invocation, returned)
            if not hasattr(type(returned), '__await__'):
                return code.to_bytes(returned)
            self.event_loop().start(returned, invocation, lambda awaited: self.settle(invocation, awaited))
            return None
        finally:
            self.output.flush()

    def settle(self, invocation, awaited):
        try:
            result = code.to_bytes(awaited())
        except SystemExit as error:
            self.exit(error)
        except BaseException as error:
            self.fail(invocation, error)
        else:
            self.succeed(invocation, *result)

    def event_loop(self):
        if self.loop is None:
            from .loop import Loop

            with self.link.lock:
                self.loop = self.loop or Loop(self.on_loop_end)
        return self.loop

    # ------------------------------------------------------------ hooks

    def stop(self, _worker):
        """After the last invocation; a hook that fails is in the log, and the instance ends all the same."""
        with self.link.lock:
            if self.is_stopping or self.state == 'dying':
                return
            self.is_stopping = True
        self.run_hook('preStop')
        self.leave(0)

    def freeze(self, worker):
        owner = Invocation(0, self.initial_request_id, self.output)
        error = self.run_hook('preFreeze')
        self.workers.release(worker)
        header = '{"durationMs":%.3f}' % owner.duration_ms()
        if error is not None:
            import json

            text = '%s: %s' % (type(error).__name__, error)
            header = json.dumps({'durationMs': round(owner.duration_ms(), 3), 'error': text[:16384]})
        with self.link.lock:
            if self.state != 'dying':
                self.link.send(connection.FROZEN, 0, header.encode())

    def run_hook(self, name):
        """Its output and context carry the id of the request that the instance was started for."""
        hook = self.hooks.get(name)
        if hook is None:
            return None
        owner = Invocation(0, self.initial_request_id, self.output)
        context = FCContext(self.base_context, {'requestId': self.initial_request_id}, owner)
        try:
            copy_context().run(self.call_hook, hook, context, owner)
        except SystemExit as error:
            self.exit(error)
        except BaseException as error:
            self.log_error(owner, error)
            return error
        self.output.end_lines(owner)
        return None

    def call_hook(self, hook, context, owner):
        self.output.current.set(owner)
        try:
            self.wait(hook(context), owner)
        finally:
            self.output.flush()

    # ------------------------------------------------------------ answers

    def succeed(self, invocation, payload, content_type):
        self.output.end_lines(invocation)
        with self.link.lock:
            if self.may_answer(invocation):
                header = result_header(invocation.duration_ms(), peak_memory_kib(), content_type)
                self.link.send(connection.RESULT, invocation.channel, header, payload)
        self.after_answer()

    def fail(self, invocation, error):
        self.log_error(invocation, error)
        with self.link.lock:
            if self.may_answer(invocation):
                self.send_error(invocation.channel, 'unhandled', error, invocation)
        self.after_answer()

    def may_answer(self, invocation):
        """Only once, and not after `leaving`. A process that the code has forked has nothing to say to the server."""
        if self.is_child:
            os._exit(ABANDONED)
        return self.running.pop(invocation.channel, None) is not None

    def after_answer(self):
        if self.state == 'draining' and not self.running:
            self.workers.give(self.stop)

    def send_error(self, channel, kind, error, invocation):
        from .failures import error_header

        header = error_header(kind, error, invocation.duration_ms(), peak_memory_kib())
        self.link.send(connection.ERROR, channel, header)

    def log_error(self, owner, error):
        from .failures import log_text

        if owner is not None:
            self.output.end_lines(owner)
        self.output.write(owner, ERR, log_text(error).encode('utf-8', 'backslashreplace'))

    def sole(self):
        """The only one that output from nowhere can belong to."""
        if self.initialization is not None:
            return self.initialization
        running = tuple(self.running.values())
        return running[0] if len(running) == 1 else None

    # ------------------------------------------------------------ the end

    def on_thread_exception(self, arguments):
        if not issubclass(arguments.exc_type, SystemExit):
            self.die(arguments.exc_value or arguments.exc_type())

    def on_loop_end(self, error):
        if isinstance(error, SystemExit):
            self.exit(error)
        self.die(error)

    def die(self, error):
        """After an error that nobody caught the state of the code is unknown: all that runs fails with it."""
        self.log_error(self.output.owner(), error)
        if self.is_child:
            os._exit(FAILED)
        with self.link.lock:
            if self.state == 'initializing':
                self.send_error(0, 'unhandled', error, self.initialization)
            for channel, invocation in tuple(self.running.items()):
                self.output.end_lines(invocation)
                self.send_error(channel, 'unhandled', error, invocation)
            self.running.clear()
        self.leave(FAILED)

    def exit(self, error):
        """The code has asked for the end: what runs stays unanswered, and the server says so."""
        status = error.code
        if status is not None and not isinstance(status, int):
            owner = self.output.owner()
            self.output.write(owner, ERR, ('%s\n' % (status,)).encode('utf-8', 'backslashreplace'))
            status = FAILED
        self.leave((status or 0) & 0xFF)

    def leave(self, status):
        if self.is_child:
            os._exit(status)
        with self.link.lock:
            is_first = self.state != 'dying'
            self.state = 'dying'
            if is_first:
                self.say_leaving()
        if not is_first:
            wait_for_ever()  # Another thread is ending the process.
        try:
            atexit._run_exitfuncs()
        except BaseException:
            pass  # Printed by atexit itself.
        self.output.flush()
        os._exit(status)

    def say_leaving(self):
        try:
            self.link.send(connection.LEAVING, self.highest_channel)
            self.link.socket.shutdown(1)
        except OSError:
            pass  # The server is gone.

    def forked(self):
        """In a child that the code has forked; locks may have been held by threads that it does not have."""
        self.is_child = True
        self.link.socket.close()
        self.link.lock = _thread.RLock()
        self.workers.forked()
        self.output.forked()


def wait_for_ever():
    lock = _thread.allocate_lock()
    lock.acquire()
    lock.acquire()


def vanish():
    """Nobody waits for this process or for what it has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, 9)
    os._exit(ABANDONED)
