/** How a message must end: `mended` is refused at first, and a row once the table is mended. */
type Fate = 'row' | 'mended' | 'refused' | 'passed over'

/** One message of a shop. */
export interface Sent {
  /** Of the customer; of a heartbeat, its own. */
  readonly id: string
  readonly body: string
  readonly fate: Fate
}

/** Ways to write the same customer, and what makes a row of it impossible, for now or for good. */
const kinds: readonly (readonly [Fate, Readonly<Record<string, unknown>>])[] = [
  ['row', {}],
  ['row', { name: '  Ada   Lovelace ', email: ' ADA@Example.COM ', credit: '1.234,50 €' }],
  ['row', { phone: '0044 (20) 79-46', country: 'uk', born: '10.12.1815' }],
  ['row', { country: 'Deutschland', credit: '1,234.50', phone: '' }],
  ['mended', { country: 'New Zealand' }],
  ['mended', { name: 'Philomena Wilhelmina Anastasia Featherstonehaugh' }],
  ['refused', { credit: '-5' }],
  ['refused', { credit: 'a lot' }],
  ['refused', { born: '30.2.1990' }],
  ['refused', { email: '   ' }],
]

const customer = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  phone: '+44207946',
  country: 'GB',
  credit: 100,
  born: '1815-12-10',
}

/** So many customers, of every kind as many; every tenth customer comes twice, and shops tell that they are there. */
export function messages(count: number): Sent[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `c-${String(index).padStart(4, '0')}`
    const [fate, changes] = kinds[index % kinds.length]!
    const body = JSON.stringify({ kind: 'customer', id, ...customer, ...changes })
    const sent = [{ id, body, fate }]
    // RabbitMQ promises at least once, and so do the shops.
    if (index % kinds.length === 1) sent.push({ id, body, fate })
    if (index % 25 === 0) sent.push(heartbeat(index))
    if (index % 50 === 0)
      sent.push({ id: `b-${index}`, body: `{"id":"b-${index}","name":"Ad`, fate: 'refused' })
    return sent
  }).flat()
}

function heartbeat(number: number): Sent {
  const id = `h-${number}`
  return { id, body: JSON.stringify({ kind: 'heartbeat', id }), fate: 'passed over' }
}
