import type { Sent } from './messages.ts'

/** What is left of a message that cannot become a row: the original in the middle, reasons around it. */
export interface Refusal {
  readonly id: string
  readonly reason: string
}

/** How many of what was sent came to which end. */
export interface Account {
  readonly sent: number
  readonly rows: number
  readonly repeated: number
  readonly refused: number
  readonly passedOver: number
}

interface Letter {
  readonly deadlettercode?: string
  readonly deadletterdetail?: string
  readonly data: { readonly body?: Letter | string; readonly messageBody?: Letter | string }
}

/** Reads a final dead letter, which holds the first one, which holds the message. */
export function readRefusal(text: string): Refusal {
  const letter = JSON.parse(text) as Letter
  const first = bodyOf(letter) as Letter
  const message = bodyOf(first) as { id: string } | string
  if (typeof message === 'string') {
    // It was no JSON, and so is kept as base64.
    const [id] = /[bc]-\d+/.exec(Buffer.from(message, 'base64').toString()) ?? ['']
    return { id, reason: `${first.deadlettercode}` }
  }
  return { id: message.id, reason: letter.deadletterdetail ?? 'no reason' }
}

function bodyOf({ data }: Letter): unknown {
  return data.body ?? data.messageBody
}

/** Every customer is exactly one row or one explained refusal, as it must be; throws a sentence that names one that is not. */
export function account(
  sent: readonly Sent[],
  rows: readonly string[],
  refusals: readonly Refusal[],
): Account {
  const expected = new Map(sent.map(({ id, fate }) => [id, fate]))
  for (const [id, fate] of expected) {
    const isRow = fate === 'row' || fate === 'mended'
    const found = [
      rows.filter(row => row === id).length,
      refusals.filter(refusal => refusal.id === id).length,
    ]
    const wanted = [isRow ? 1 : 0, fate === 'refused' ? 1 : 0]
    if (String(found) !== String(wanted))
      throw new Error(
        `${id} is ${found[0]} rows and ${found[1]} refusals, and should be ${wanted[0]} and ${wanted[1]}`,
      )
  }
  const strange = [...rows, ...refusals.map(({ id }) => id)].find(id => !expected.has(id))
  if (strange !== undefined) throw new Error(`nobody sent ${strange}`)
  const passedOver = sent.filter(({ fate }) => fate === 'passed over').length
  return {
    sent: sent.length,
    rows: rows.length,
    repeated: sent.length - expected.size,
    refused: refusals.length,
    passedOver,
  }
}
