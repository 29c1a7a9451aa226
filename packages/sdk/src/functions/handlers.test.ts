import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type {
  CallbackEventHandler,
  EventHandler,
  HttpEventHandler,
  HttpHandler,
  Initializer,
  PreStopHook,
} from './index.ts'

/** Takes what is of the types, and counts it. */
function handlers(given: {
  event?: EventHandler<{ total: number }>
  callback?: CallbackEventHandler<number>
  httpEvent?: HttpEventHandler
  http?: HttpHandler
  initializer?: Initializer
  preStop?: PreStopHook
}): number {
  return Object.keys(given).length
}

test('handlers and hooks of each form compile', () => {
  const count = handlers({
    event: async (event, { deadlineMs }) => {
      await Promise.resolve()
      return { total: event.length + deadlineMs }
    },
    callback: (event, context, callback) => {
      if (event.length === 0) callback(new Error('empty'))
      else callback(null, context.retryCount)
    },
    httpEvent: event => ({ statusCode: 200, headers: { n: 1 }, body: Readable.from([event]) }),
    http: (request, response) => {
      response.setStatusCode(request.queries['n'] === '1' ? 201 : 404)
      response.send(request.body)
    },
    initializer: ({ credentials, logger }) => logger.info(credentials.accessKeyId),
    preStop: async () => {
      await Promise.resolve()
    },
  })

  expect(count).toBe(6)
})

test('a handler that takes or gives what there is not does not compile', () => {
  // @ts-expect-error an event is bytes
  handlers({ event: (event: { name: string }) => ({ total: event.name.length }) })
  // @ts-expect-error a member of the answer is missing
  handlers({ event: () => ({ sum: 1 }) })
  // @ts-expect-error there is no such member of the context
  handlers({ event: (_event, context) => ({ total: context.retries }) })
  // @ts-expect-error the answer has another type
  handlers({ callback: (_event, _context, callback) => callback(null, 'one') })
  // @ts-expect-error a status is a number
  handlers({ httpEvent: () => ({ statusCode: '200' }) })
  // @ts-expect-error an answer is sent, not ended
  handlers({ http: (_request, response) => response.end() })
  // @ts-expect-error a hook gets its context alone
  handlers({ initializer: (_event: Buffer, context: { requestId: string }) => void context.requestId })
})
