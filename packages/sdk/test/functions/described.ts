import type { EventHandler, HttpHandler, Initializer } from '@millrace/sdk/functions'

let initializedBy = ''

export const initializer: Initializer = ({ requestId }) => {
  initializedBy = requestId
}

/** Answers with the kind of each member of its context. */
export const handler: EventHandler = (event, context) => ({
  isBytes: Buffer.isBuffer(event),
  isInitialized: initializedBy !== '',
  context: kinds({ ...context }),
})

export const http: HttpHandler = (request, response, context) => {
  response.setStatusCode(201)
  response.setHeader('x-was', response.hasHeader('x-was') ? 'there' : 'absent')
  const { method, path, queries, clientIP, url, body } = request
  response.send(
    JSON.stringify({
      request: kinds({ method, path, queries, clientIP, url, body: Buffer.isBuffer(body) }),
      queries,
      context: Object.keys(context).length > 0,
    }),
  )
}

function kinds(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isRecord = typeof member === 'object' && member !== null && Object.keys(member).length > 0
      return [name, isRecord ? kinds(member as Record<string, unknown>) : typeof member]
    }),
  )
}
