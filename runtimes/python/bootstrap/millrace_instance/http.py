"""HTTP requests for WSGI handlers: function-compute section 4.6. Imported with the first of them."""

import io
import sys
import urllib.parse

from .code import failure
from .parts import Parts

REQUEST_HIDDEN = ('connection', 'keep-alive')
RESPONSE_IGNORED = ('connection', 'content-length', 'date', 'keep-alive', 'server', 'upgrade')


def exchange(instance, handler, invocation, request, body, context):
    """Calls `handler(environ, start_response)` and sends what it iterates over. Returns what the result frame has."""
    parts = Parts(instance, invocation)
    response = Response(parts)
    returned = handler(environ_of(request, body, context), response.start)
    try:
        for chunk in returned:
            if len(chunk) > 0:
                response.send(chunk)
        response.begin()
    finally:
        close = getattr(returned, 'close', None)
        if close is not None:
            close()
    return b'', None


class Response:
    """The head goes out with the first byte of the body, as WSGI demands: until then the code may still replace it."""

    def __init__(self, parts):
        self._parts = parts
        self._head = None
        self._has_begun = False

    def start(self, status, headers, exc_info=None):
        if self._has_begun and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._head is not None and not exc_info:
            raise AssertionError('start_response was called twice')
        self._head = {'statusCode': int(status.split(' ', 1)[0]), 'headers': collected(headers)}
        return self.send

    def begin(self):
        if self._has_begun:
            return
        if self._head is None:
            raise failure('NoResponse', 'the handler has not called start_response')
        self._has_begun = True
        self._parts.begin(self._head)

    def send(self, chunk):
        self.begin()
        self._parts.send(chunk)


def collected(headers):
    """One value as a text, several as a list."""
    found = {}
    for name, value in headers:
        lower = name.lower()
        if lower not in RESPONSE_IGNORED and not lower.startswith('x-fc-'):
            found.setdefault(lower, []).append(str(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def environ_of(request, body, context):
    path, query, headers = request['path'], request['query'], request['headers']
    host = single(headers.get('host', 'localhost'))
    name, _, port = host.partition(':')
    environ = {
        'REQUEST_METHOD': request['method'],
        'SCRIPT_NAME': '',
        # Bytes of UTF-8, each as one character: PEP 3333.
        'PATH_INFO': urllib.parse.unquote_to_bytes(path).decode('latin-1'),
        'QUERY_STRING': query,
        'CONTENT_TYPE': single(headers.get('content-type', '')),
        'CONTENT_LENGTH': str(len(body)),
        'SERVER_NAME': name,
        'SERVER_PORT': port or '80',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'REMOTE_ADDR': request['clientAddress'],
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.input': io.BytesIO(body),
        'wsgi.errors': sys.stderr,
        'wsgi.multithread': True,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
        'fc.context': context,
        'fc.request_uri': path + ('?' + query if query else ''),
    }
    for name, value in headers.items():
        if name in REQUEST_HIDDEN or name in ('content-type', 'content-length') or name.startswith('x-fc-'):
            continue
        environ['HTTP_' + name.upper().replace('-', '_')] = single(value)
    return environ


def single(value):
    return value if isinstance(value, str) else ', '.join(value)
