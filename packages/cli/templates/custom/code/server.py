import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        """Events come as POST /invoke; requests to an HTTP trigger come with their own method and path."""
        body = self.rfile.read(int(self.headers.get('content-length') or 0))
        request_id = self.headers.get('x-fc-request-id')
        try:
            name = json.loads(body or b'{}').get('name', 'world')
            print(f'greeting {name}')
            self.answer(200, {'greeting': f'Hello, {name}!', 'requestId': request_id})
        except ValueError as error:
            # 404 in this header says that the invocation has failed.
            self.answer(400, {'errorMessage': str(error)}, ('x-fc-status', '404'))

    def answer(self, status, value, *headers):
        text = json.dumps(value).encode()
        self.send_response(status)
        for name, content in (('content-type', 'application/json'), ('content-length', str(len(text))), *headers):
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """No line for each request: the platform writes those."""


ThreadingHTTPServer(('0.0.0.0', int(sys.argv[1])), Handler).serve_forever()
