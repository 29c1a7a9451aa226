import type { IncomingMessage } from 'node:http'

/** What conditions of policies can ask of a request. A proxy in front is not believed: its address is that of the caller. */
export function factsOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>) {
  return {
    peer: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    isSecure: 'encrypted' in socket,
    userAgent: headers['user-agent'],
  }
}
