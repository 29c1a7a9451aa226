import type { EventInput, PositionedEvent } from '../events.ts'

export interface FixtureOptions {
  /** Position to begin with; the oldest event that is kept unless told. */
  readonly from?: number
  /** Events at most; 1,000 unless told. */
  readonly limit?: number
  /** Paths of what must not be kept: `data.card.number`, `subject`, `data.items.*.owner`. */
  readonly redact?: readonly string[]
}

/** What reads events; a client's `events` does. */
export interface EventReading {
  list(bus: string, options: { from?: number; limit?: number }): Promise<{ items: PositionedEvent[] }>
}

/**
 * Reads events of a bus for the fixtures of a test, ready to be published again. What is redacted becomes `redacted`, 0,
 * false or null, by its kind; attributes that a server adds are left out.
 */
export async function recordFixture(
  events: EventReading,
  bus: string,
  { from = 1, limit = 1_000, redact = [] }: FixtureOptions = {},
): Promise<EventInput[]> {
  const { items } = await events.list(bus, { from, limit })
  const paths = redact.map(path => path.replace(/^\$\./, '').split('.'))
  return items.map(({ event }) => {
    const kept = structuredClone(Object.fromEntries(Object.entries(event).filter(([name]) => !isAdded(name))))
    for (const path of paths) redactAt(kept, path)
    return kept as EventInput
  })
}

function isAdded(name: string): boolean {
  return name.startsWith('millrace') || name === 'traceparent' || name === 'tracestate'
}

function redactAt(value: unknown, [step, ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || step === undefined) return
  const members = value as Record<string, unknown>
  const names = step === '*' ? Object.keys(members) : Object.hasOwn(members, step) ? [step] : []
  for (const name of names) {
    if (rest.length > 0) redactAt(members[name], rest)
    else members[name] = redacted(members[name])
  }
}

function redacted(value: unknown): unknown {
  if (typeof value === 'string') return 'redacted'
  if (typeof value === 'number') return 0
  return typeof value === 'boolean' ? false : null
}
