import type { AddressGuard, ConnectorContext, Outcome, OutgoingRecord, Sink } from '@millrace/spi'
import { systemClock } from '@millrace/spi'
import { outgoing, seededRandom } from '@millrace/spi/conformance'
import type { HttpSinkOptions } from '../src/options.ts'
import { HttpSink } from '../src/sink.ts'
import { completeOptions } from '../src/options.fixture.ts'

/** Opens a sink that may reach loopback, unless a guard is given. */
export function openSink(options: Partial<HttpSinkOptions>, guard?: AddressGuard): Sink {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const context: ConnectorContext = {
    clock: systemClock,
    random: seededRandom(1),
    log,
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'test',
  }
  return new HttpSink(completeOptions(options), context, guard)
}

/** Writes one record and gives its outcome. */
export async function writeOne(
  sink: Sink,
  change: Partial<OutgoingRecord> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const [outcome] = await sink.write([outgoing('e1', change)], signal)
  if (outcome === undefined) throw new Error('there is no outcome')
  return outcome
}
