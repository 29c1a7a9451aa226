import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Asks a client that waits with its body (`Expect: 100-continue`) to send it. Called when the head has been accepted and
 * the body is about to be read; a body that is known to be too large is not asked for, since its refusal comes next.
 */
export function askForBody(request: IncomingMessage, response: ServerResponse, bodyBytesMax: number): void {
  if (request.headers.expect === undefined) return
  if (Number(request.headers['content-length'] ?? 0) <= bodyBytesMax) response.writeContinue()
}
