import { cleansed, type Typed } from './customer.mts'

/** What lies in the queue: a message of a shop, or a dead letter that holds one. RabbitMQ says `body`, MNS `messageBody`. */
interface Letter {
  readonly data: { readonly body?: unknown; readonly messageBody?: unknown }
}

/** Gets a batch of messages, and answers with the rows that they become: as many, with the ids of the messages. */
export function handler(batch: Uint8Array) {
  const events = JSON.parse(new TextDecoder().decode(batch)) as Letter[]
  return events.map(event => ({ ...event, data: cleansed(customerOf(event)) }))
}

/** What the shop sent, which in a dead letter lies one step deeper. What is no JSON has no fields. */
function customerOf({ data }: Letter): Typed {
  const body = data.body ?? data.messageBody
  if (typeof body !== 'object' || body === null) return {}
  return 'deadlettercode' in body ? customerOf(body as unknown as Letter) : (body as Typed)
}
