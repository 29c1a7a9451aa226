import { startMillrace } from '../millrace.ts'
import type { Scenario, ScenarioContext, ScenarioRow } from '../scenario.ts'
import { drive, fill, type Traffic, withQueues } from './engine.ts'

const bodyBytes = 400
const backlogMessages = 200_000

/** How many messages a second go through a queue, each sent, received and deleted, all three durable. */
export const scenario: Scenario = {
  name: 'queues',
  title: 'Queues: send, receive and delete, durable',
  compared:
    'One message a call beside sixteen, in the process of the queue; the same over HTTP; and with a backlog.',
  goal: '≥ 3,000 messages/s one by one; ≥ 15,000 messages/s by sixteen; a backlog costs no more than 100 MiB',
  run: async context => ({
    rows: [...(await engineRows(context)), ...(await httpRows(context))],
    notes: [`messages of ${bodyBytes} bytes; 64 producers and 64 consumers on the same two cores`],
  }),
}

async function engineRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  const durationMs = context.quick ? 300 : 8_000
  const one: Traffic = { workers: 64, batch: 1, bodyBytes, durationMs }
  return await withQueues(await context.folder(), async queues => {
    context.log('one by one')
    const single = await drive(queues, one)
    context.log('by sixteen')
    const batched = await drive(queues, { ...one, batch: 16 })
    context.log('a backlog')
    await fill(queues, context.quick ? 1_600 : backlogMessages, bodyBytes)
    const behind = await drive(queues, { ...one, batch: 16 })
    const grownMiB = (behind.rssBytes - batched.rssBytes) / 1024 ** 2
    return [
      rate('one message a call', single.messagesPerSecond, 3_000),
      rate('sixteen messages a call', batched.messagesPerSecond, 15_000),
      rate(`the same behind ${backlogMessages.toLocaleString('en')} messages`, behind.messagesPerSecond),
      {
        label: 'memory that the backlog adds',
        value: grownMiB,
        unit: 'MiB',
        goal: '≤ 100 MiB',
        met: grownMiB <= 100,
      },
    ]
  })
}

/** The own API, by its client, in the process of the benchmark: the figure has the client's work in it. */
async function httpRows(context: ScenarioContext): Promise<ScenarioRow[]> {
  await using millrace = await startMillrace(context, await context.folder())
  const { queues } = millrace.client
  await queues.put('q', {})
  context.log('over HTTP, by sixteen')
  const messages = Array.from({ length: 16 }, () => ({ body: 'x'.repeat(bodyBytes) }))
  const durationMs = context.quick ? 300 : 8_000
  const startedAtMs = performance.now()
  const isOver = (): boolean => performance.now() - startedAtMs > durationMs
  let deleted = 0
  const produce = async (): Promise<void> => {
    while (!isOver()) await queues.send('q', messages)
  }
  const consume = async (): Promise<void> => {
    while (!isOver()) {
      const received = await queues.receive('q', { count: 16, waitMs: 100 })
      if (received.length === 0) continue
      const failures = await queues.deleteMessages(
        'q',
        received.map(({ handle }) => handle),
      )
      deleted += received.length - failures.length
    }
  }
  await Promise.all(Array.from({ length: 16 }, () => [produce(), consume()]).flat())
  const seconds = (performance.now() - startedAtMs) / 1_000
  return [rate('sixteen messages a request, 16 clients of each kind', deleted / seconds)]
}

function rate(label: string, value: number, least?: number): ScenarioRow {
  if (least === undefined) return { label, value, unit: 'messages/s' }
  const goal = `≥ ${least.toLocaleString('en')} messages/s`
  return { label, value, unit: 'messages/s', goal, met: value >= least }
}
