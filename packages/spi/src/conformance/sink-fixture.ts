import type { Connector, OutgoingRecord } from '../connector.ts'

/** What the external system of a fixture does with the records of certain ids; it accepts all others. */
export interface SinkBehaviour {
  /** Ids whose records it refuses or fails, every time. */
  readonly failing?: readonly string[]
  /** Ids whose records it neither accepts nor refuses, for as long as the fixture lives. */
  readonly hanging?: readonly string[]
}

/** A connector under test with its real external system, or the closest thing to it. Each case gets its own. */
export interface SinkFixture extends AsyncDisposable {
  readonly connector: Connector
  /** Options of the sink that lead to the system of this fixture. */
  readonly options: Readonly<Record<string, unknown>>
  /** Ids of the records that the system has accepted so far, in the order of their arrival. */
  accepted(): Promise<readonly string[]>
  /** Resolves when work on a hanging record has begun. */
  begun(id: string): Promise<void>
  /** Resolves when the system, or whatever stands for it, has noticed that a hanging record was given up. */
  givenUp(id: string): Promise<void>
}

export type SinkFactory = (behaviour: SinkBehaviour) => Promise<SinkFixture>

/** A record as delivery makes it for a target without transforms. */
export function outgoing(id: string, change: Partial<OutgoingRecord> = {}): OutgoingRecord {
  const event = new TextEncoder().encode(
    JSON.stringify({ specversion: '1.0', id, source: '/conformance', type: 'test', data: { id } }),
  )
  return {
    event,
    id,
    source: '/conformance',
    type: 'test',
    body: event,
    contentType: undefined,
    parameters: {},
    attempt: 1,
    ...change,
  }
}
