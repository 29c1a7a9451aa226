import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of the HTTP face: whatever is wrong with a request before it means anything. */
export const httpErrors: ErrorCatalogue = {
  'http.malformed-request': {
    status: 400,
    description: 'The bytes are not a request of HTTP/1.1, or its URL or length is broken.',
  },
  'http.invalid-json': { status: 400, description: 'The body is not well-formed JSON in UTF-8.' },
  'http.invalid-request': {
    status: 400,
    description:
      'The path, the query or the body does not fit the schema of the operation; `path` names the place.',
  },
  'http.operator-only': {
    status: 403,
    description: 'What counts for all accounts of a server is seen and changed by the account that runs it.',
  },
  'http.not-found': { status: 404, description: 'There is no operation at this path.' },
  'http.method-not-allowed': {
    status: 405,
    description: 'The path exists, but not with this method; see `Allow`.',
  },
  'http.timeout': { status: 408, description: 'The head or the body of the request did not arrive in time.' },
  'http.body-too-large': { status: 413, description: 'The body has more bytes than this operation takes.' },
  'http.unsupported-media-type': {
    status: 415,
    description: 'The operation does not take this content type.',
  },
  'http.headers-too-large': {
    status: 431,
    description: 'The head of the request has more bytes than allowed.',
  },
  'http.overloaded': {
    status: 503,
    description: 'The bodies of all requests in progress take as much memory as they may; try again soon.',
  },
  'http.tails-exhausted': {
    status: 429,
    description: 'As many live tails are open as this node serves at once.',
  },
  'http.listen-failed': {
    status: 500,
    description: 'The address to listen on cannot be had. Seen at start only.',
  },
  'event.not-found': {
    status: 404,
    description: 'The bus holds no such event: it was never accepted, or retention has removed it.',
  },
}
