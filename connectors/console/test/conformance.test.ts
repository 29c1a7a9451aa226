import { AppError, type Connector, retryBackoff } from '@millrace/spi'
import { type SinkBehaviour, sinkSuite } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector, ConsoleSink, type ConsoleSinkOptions, type Output } from '../src/index.ts'

/** Stands for the reader of standard output: takes lines, is gone, or takes none for as long as it lives. */
class Reader {
  readonly ids: string[] = []
  readonly #held = new Set<string>()
  readonly #behaviour: SinkBehaviour

  constructor(behaviour: SinkBehaviour) {
    this.#behaviour = behaviour
  }

  get held(): ReadonlySet<string> {
    return this.#held
  }

  readonly output: Output = async lines => {
    const ids = lines.map(line => line.split(' ')[3] ?? '')
    const hanging = ids.filter(id => this.#behaviour.hanging?.includes(id))
    for (const id of hanging) this.#held.add(id)
    if (hanging.length > 0) await new Promise(() => {})
    if (ids.some(id => this.#behaviour.failing?.includes(id))) {
      throw new AppError('sink.unavailable', 'standard output takes no more lines (EPIPE)', retryBackoff)
    }
    this.ids.push(...ids)
  }
}

function shownTo(reader: Reader): Connector {
  const { sink } = connector
  if (sink === undefined) throw new Error('the connector has no sink')
  const open: typeof sink.open = (options, context) =>
    new ConsoleSink(options as ConsoleSinkOptions, context, reader.output)
  return { ...connector, sink: { ...sink, open } }
}

sinkSuite(
  'console',
  connector,
  behaviour => {
    const reader = new Reader(behaviour)
    return Promise.resolve({
      connector: shownTo(reader),
      options: {},
      accepted: () => Promise.resolve(reader.ids),
      begun: (id: string) => expect.poll(() => reader.held.has(id)).toBe(true),
      givenUp: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    })
  },
  {
    'each record has its own outcome, in the order of the input':
      'the lines of one write are shown together or not at all',
  },
)
