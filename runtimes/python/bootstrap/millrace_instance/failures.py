"""Errors as the server wants them told. Imported with the first failure."""

import json
import os
import traceback

MESSAGE_CHARACTERS_MAX = 16384
STACK_ENTRIES_MAX = 64
# Keeps the header of the longest stack below the limit of the protocol.
FILE_CHARACTERS_MAX = 512
PART_CHARACTERS_MAX = 256
OWN_FOLDER = os.path.dirname(__file__) + os.sep


class Failure(Exception):
    """With a type that has the same name in every language."""

    def __init__(self, error_type, message, stack=()):
        super().__init__(message)
        self.error_type = error_type
        self.stack = stack


def error_header(kind, error, duration_ms, memory_kib):
    """The header of an `error` frame; never raises, whatever the code has made of its error."""
    members = {'kind': kind, 'durationMs': round(duration_ms, 3), 'memoryKiB': memory_kib}
    try:
        members.update(describe(error))
    except Exception:
        members.update(errorType='Exception', errorMessage='the error cannot be read', stackTrace=[])
    return json.dumps(members, ensure_ascii=False).encode('utf-8', 'replace')


def describe(error):
    if isinstance(error, Failure):
        return {'errorType': error.error_type, 'errorMessage': cut_message(error), 'stackTrace': error.stack}
    return {
        'errorType': type(error).__name__[:PART_CHARACTERS_MAX],
        'errorMessage': cut_message(error),
        'stackTrace': stack_of(error),
    }


def cut_message(error):
    return str(error)[:MESSAGE_CHARACTERS_MAX]


def stack_of(error):
    """Entries of four parts: file, line, name, text. Of endless recursions the end, which names the place."""
    frames = traceback.extract_tb(error.__traceback__)
    entries = [
        entry(frame.filename, frame.lineno, frame.name, frame.line)
        for frame in frames
        if not frame.filename.startswith(OWN_FOLDER) and not frame.filename.startswith('<frozen importlib')
    ]
    if isinstance(error, SyntaxError) and error.filename is not None:
        entries.append(entry(error.filename, error.lineno, '<module>', (error.text or '').strip()))
    return entries[-STACK_ENTRIES_MAX:]


def entry(filename, line, name, text):
    return [
        'File "%s"' % filename[:FILE_CHARACTERS_MAX],
        'line %s' % line,
        name[:PART_CHARACTERS_MAX],
        (text or '')[:PART_CHARACTERS_MAX],
    ]


def log_text(error):
    """The traceback for the log of the function, with the errors that caused this one."""
    if isinstance(error, Failure):
        return '%s: %s\n' % (error.error_type, '\n'.join([str(error), *error.stack]))
    try:
        lines = list(traceback.TracebackException.from_exception(error, limit=-STACK_ENTRIES_MAX).format())
    except Exception:
        return '%s\n' % type(error).__name__
    return ''.join(lines)
