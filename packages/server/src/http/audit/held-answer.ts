import type { ServerResponse } from 'node:http'

/**
 * Has `work` done when an answer is whole, and sends its end only then; whoever writes the answer notices nothing. `isAnswered` is false when
 * the caller has left before there was an answer. `work` is run once, and must not reject.
 */
export function beforeEnd(response: ServerResponse, work: (isAnswered: boolean) => Promise<void>): void {
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse
  let state: 'open' | 'held' | 'released' = 'open'

  function release(): void {
    state = 'released'
    Reflect.deleteProperty(response, 'writableEnded')
    response.end = end as ServerResponse['end']
  }

  response.once('close', () => {
    if (state !== 'open') return
    release()
    void work(response.headersSent)
  })
  response.end = ((...given: unknown[]) => {
    if (state === 'held') return response
    state = 'held'
    // Those who look whether the answer is given must not give a second one.
    Object.defineProperty(response, 'writableEnded', { value: true, configurable: true })
    void work(true).then(() => {
      release()
      end(...given)
    })
    return response
  }) as ServerResponse['end']
}
