import type { Application } from '../application.ts'
import { dayOfSale } from './load.ts'
import { run } from './run.ts'

/** Messages of one request. */
const sendMax = 16

export const application: Application = {
  title: 'Orders with peaks and troughs are cleaned by a function whose instances follow them',
  run(stage) {
    const { client, settings } = stage.server
    // The wiring reads them.
    Object.assign(process.env, settings)
    return run(stage, {
      environment: 'embedded',
      load: dayOfSale,
      async send(bodies) {
        for (let from = 0; from < bodies.length; from += sendMax) {
          const some = bodies.slice(from, from + sendMax).map(body => ({ body }))
          await client.queues.send('example-peaks', some)
        }
      },
    })
  },
}
