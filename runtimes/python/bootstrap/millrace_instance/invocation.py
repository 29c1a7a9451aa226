"""One call of the code: an invocation, or the initialization of the instance."""

import time
import _thread


class Invocation:
    def __init__(self, channel, request_id, output):
        self.channel = channel
        self.request_id = request_id
        self.output = output
        # How its output is marked, and which of its streams stand within a line.
        self.mark = request_id.encode('ascii', 'replace')
        self.open_line = {}
        self._started = time.perf_counter()
        self._lock = _thread.allocate_lock()
        self._is_cancelled = False
        self._event = None
        self._listener = None
        # Of an answer in parts: how much may still be sent.
        self.window = None

    def duration_ms(self):
        return (time.perf_counter() - self._started) * 1000

    def cancel(self):
        with self._lock:
            self._is_cancelled = True
        if self.window is not None:
            self.window.close()
        if self._event is not None:
            self._event.set()
        if self._listener is not None:
            self._listener()

    def open_window(self, window):
        with self._lock:
            self.window = window
            is_cancelled = self._is_cancelled
        if is_cancelled:
            window.close()

    def cancel_event(self):
        """Made for those who ask for it: `threading` is not loaded for the others."""
        import threading

        with self._lock:
            if self._event is None:
                self._event = threading.Event()
                if self._is_cancelled:
                    self._event.set()
            return self._event

    def on_cancel(self, listener):
        """Calls the one listener when the invocation is cancelled, at once if it has been."""
        with self._lock:
            self._listener = listener
            is_cancelled = self._is_cancelled
        if is_cancelled:
            listener()
