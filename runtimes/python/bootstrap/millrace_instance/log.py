"""What `logging` does in a function: function-compute section 4.5. Imported only after `logging` itself."""

import logging
import time


class LogHandler(logging.Handler):
    """Marks a record with the request it belongs to: that of `owner`, or else that of the code which logs it."""

    def __init__(self, output, owner=None):
        super().__init__()
        self._output = output
        self._owner = owner

    def emit(self, record):
        try:
            owner = self._owner or self._output.owner()
            record.request_id = '-' if owner is None else owner.request_id
            stream = b'e' if record.levelno >= logging.WARNING else b'o'
            line = self.format(record) + '\n'
            self._output.write(owner, stream, line.encode('utf-8', 'backslashreplace'))
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)


class UtcFormatter(logging.Formatter):
    converter = time.gmtime


def configure(output):
    """The root logger has a handler before the code can log its first line, hence `basicConfig` changes nothing."""
    handler = LogHandler(output)
    handler.setFormatter(
        UtcFormatter(
            '%(asctime)s.%(msecs)03dZ %(request_id)s [%(levelname)s] %(message)s', '%Y-%m-%dT%H:%M:%S'
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def request_logger(invocation):
    """Not in the tree of loggers: it is gone with its request."""
    logger = logging.Logger('request', logging.INFO)
    handler = LogHandler(invocation.output, invocation)
    handler.setFormatter(
        logging.Formatter('%(asctime)s %(request_id)s [%(levelname)s] %(message)s', '%Y-%m-%d %H:%M:%S')
    )
    logger.addHandler(handler)
    return logger
