"""The code of the function: where it lies, how it is loaded, what its results become."""

import builtins
import os
import sys
import time

RESULT_BYTES_MAX = 32 * 1024 * 1024
BINARY = 'application/octet-stream'
TEXT = 'text/plain; charset=utf-8'
JSON = 'application/json'


def enter(code_path, environment, layers_path=None):
    """The code sees the given environment and no other, and its own folder comes first in every respect."""
    os.environ.clear()
    os.environ.update(environment)
    if 'TZ' in environment:
        time.tzset()
    os.chdir(code_path)
    folders = [folder for folder in environment.get('PYTHONPATH', '').split(os.pathsep) if folder != '']
    sys.path[:0] = [code_path, *folders, *layer_folders(layers_path)]
    # Of `site`, which is not loaded.
    builtins.exit = builtins.quit = leave


def layer_folders(layers_path):
    if layers_path is None:
        return []
    version = 'python%d.%d' % sys.version_info[:2]
    folder = os.path.join(layers_path, 'python')
    return [folder, os.path.join(folder, 'lib', version, 'site-packages')]


def leave(status=None):
    raise SystemExit(status)


def load(name):
    """The function that `module.function` names. Raises `Failure`, or what the module raises when it is loaded."""
    module_name, _, function_name = name.rpartition('.')
    if module_name.startswith('./'):
        module_name = module_name[2:]
    module_name = module_name.replace('/', '.')
    if '' in module_name.split('.'):
        raise failure('ImportModuleError', "Unable to import module '%s'" % module_name)
    try:
        __import__(module_name)
    except ImportError as error:
        cause = '%s: %s' % (type(error).__name__, error)
        raise failure('ImportModuleError', "Unable to import module '%s'" % module_name, [cause]) from error
    function = getattr(sys.modules[module_name], function_name, None)
    if not callable(function):
        raise failure('HandlerNotFound', "Handler '%s' is missing on module '%s'" % (function_name, module_name))
    return function


def failure(error_type, message, stack=()):
    from .failures import Failure

    return Failure(error_type, message, stack)


def to_bytes(value):
    """`(bytes, content type or None)` of what a handler returned."""
    payload, content_type = convert(value)
    if len(payload) > RESULT_BYTES_MAX:
        limit = 'The result has %d bytes; the limit is %d' % (len(payload), RESULT_BYTES_MAX)
        raise failure('ResultTooLarge', limit)
    return payload, content_type


def convert(value):
    if value is None:
        return b'', None
    if isinstance(value, (bytes, bytearray)):
        return value, BINARY
    if isinstance(value, str):
        return value.encode(), TEXT
    if isinstance(value, memoryview):
        return value.tobytes(), BINARY
    import json

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    try:
        return text.encode(), JSON
    except UnicodeEncodeError:
        # Half a surrogate pair: JSON can say it, UTF-8 cannot.
        return json.dumps(value, allow_nan=False, separators=(',', ':')).encode(), JSON
