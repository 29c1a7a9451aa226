import { useService } from '@millrace/services'
import { connect } from 'amqplib'
import type { Systems } from './run.ts'
import { statement } from './table.ts'

const queues = ['example-customers', 'example-customers-held']

/** RabbitMQ and PostgreSQL; when new, with empty queues and tables as they are before anything is mended. */
export async function realSystems({ isNew }: { isNew: boolean }): Promise<Systems & AsyncDisposable> {
  const [rabbitmq, postgres] = await Promise.all([useService('rabbitmq'), useService('postgres')])
  if (isNew) {
    await postgres.query('DROP TABLE IF EXISTS example_customers, example_countries')
    await postgres.query(statement('postgres'))
  }
  const model = await connect(rabbitmq.url)
  const channel = await model.createConfirmChannel()
  for (const queue of queues) {
    await channel.assertQueue(queue, { durable: true })
    if (isNew) await channel.purgeQueue(queue)
  }
  return {
    async send(bodies) {
      for (const body of bodies) {
        const options = { messageId: crypto.randomUUID(), contentType: 'application/json', persistent: true }
        channel.sendToQueue('example-customers', Buffer.from(body), options)
      }
      await channel.waitForConfirms()
    },
    async rows() {
      const ids = await postgres.query('SELECT id FROM example_customers ORDER BY id')
      return ids.split('\n').filter(Boolean)
    },
    async mend() {
      await postgres.query(statement('postgres-fix'))
    },
    [Symbol.asyncDispose]: () => model.close(),
  }
}
