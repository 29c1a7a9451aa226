"""The threads that run the code. The main thread comes first: signals and many libraries are at home only there."""

import _thread


class Worker:
    def __init__(self):
        self._ready = _thread.allocate_lock()
        self._ready.acquire()
        self._job = None

    def give(self, job):
        self._job = job
        self._ready.release()

    def run(self):
        """Does one job after the other, for ever. A job is called with the worker."""
        while True:
            self._ready.acquire()
            job = self._job
            self._job = None
            job(self)
            del job


class Workers:
    """There are never more than the most invocations that ran at once: the server sees to that."""

    def __init__(self, on_exception):
        self.main = Worker()
        self._on_exception = on_exception
        self._lock = _thread.allocate_lock()
        self._spare = []
        self._main_is_idle = True

    def give(self, job):
        """Called by the thread that reads."""
        with self._lock:
            if self._main_is_idle:
                self._main_is_idle = False
                worker = self.main
            else:
                worker = self._spare.pop() if self._spare else None
        if worker is None:
            worker = Worker()
            _thread.start_new_thread(self._guard, (worker,))
        worker.give(job)

    def release(self, worker):
        """
        The worker may be given another job. Called before the answer is sent: the next invocation can come right
        after it, and should find this worker instead of starting a new one.
        """
        with self._lock:
            if worker is self.main:
                self._main_is_idle = True
            else:
                self._spare.append(worker)

    def forked(self):
        self._lock = _thread.allocate_lock()

    def run_main(self):
        self._guard(self.main)

    def _guard(self, worker):
        """What comes out of a job was not caught by anyone, such as what a signal handler of the code raises."""
        try:
            worker.run()
        except BaseException as error:
            self._on_exception(error)
