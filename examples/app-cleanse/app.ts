import type { Application } from '../application.ts'
import { run } from './run.ts'
import { EmbeddedTable, statement } from './table.ts'

/** Messages of one request. */
const batch = 16

export const application: Application = {
  title:
    'Messages of shops are cleansed on their way into a table; what the table refuses is mended and redriven',
  async run(stage) {
    const { client, settings } = stage.server
    await using table = await EmbeddedTable.start()
    // The wiring reads them.
    Object.assign(process.env, settings, { CUSTOMERS_URL: table.url })
    return await run(stage, {
      environment: 'embedded',
      async send(bodies) {
        for (let from = 0; from < bodies.length; from += batch) {
          const some = bodies.slice(from, from + batch).map(body => ({ body }))
          await client.queues.send('example-customers', some)
        }
      },
      rows: () => Promise.resolve(table.ids()),
      mend: () => Promise.resolve(table.database.exec(statement('sqlite-fix'))),
    })
  },
}
