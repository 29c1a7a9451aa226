import { setTimeout as pause } from 'node:timers/promises'
import { cleaned, type Typed } from './order.mts'

/** What a stream hands over of a message: RabbitMQ and RocketMQ say `body`, MNS `messageBody`. */
interface Message {
  readonly data: { readonly body?: Typed; readonly messageBody?: Typed }
}

/** A question to the stock about one order takes so long, in milliseconds. Here it is a pause, since there is no stock. */
const stockMs = Number(process.env['STOCK_MS'])

/**
 * Gets a batch of messages and answers with one event for each: `order.cleaned` or `order.refused`. It keeps the id, by which
 * the bus knows an order that comes a second time.
 */
export async function handler(batch: Uint8Array) {
  const messages = JSON.parse(new TextDecoder().decode(batch)) as Message[]
  const events = []
  for (const message of messages) {
    const { type, data } = cleaned(message.data.body ?? message.data.messageBody ?? {})
    if (type === 'order.cleaned') await pause(stockMs)
    events.push({ ...message, type, data: { ...data, endedAtMs: Date.now() } })
  }
  return events
}
