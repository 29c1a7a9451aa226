import { readFile } from 'node:fs/promises'
import type { Connector } from '@millrace/spi'
import { sinkSuite } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'
import { TestFolder } from './folder.ts'

const noHanging = 'a file on a local disk does not hang'

/** A file refuses nothing for its id: records that shall fail get a body that is no text. */
function refusing(ids: readonly string[]): Connector {
  const { sink: definition } = connector
  if (definition === undefined) throw new Error('the connector has no sink')
  return {
    ...connector,
    sink: {
      ...definition,
      open(options, context) {
        const sink = definition.open(options, context)
        return {
          write: (records, signal) =>
            sink.write(
              records.map(record =>
                ids.includes(record.id) ? { ...record, body: Buffer.from([0xff]) } : record,
              ),
              signal,
            ),
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  }
}

sinkSuite(
  'file',
  connector,
  async ({ failing = [] }) => {
    const folder = await TestFolder.make()
    const path = folder.at('out.jsonl')
    return {
      connector: refusing(failing),
      options: { path },
      accepted: async () => {
        const text = await readFile(path, 'utf8').catch(() => '')
        const lines = text.split('\n').filter(line => line !== '')
        return lines.map(line => (JSON.parse(line) as { id: string }).id)
      },
      begun: () => Promise.reject(new Error(noHanging)),
      givenUp: () => Promise.reject(new Error(noHanging)),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  },
  {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up':
      noHanging,
    'after an aborted write the sink is usable': noHanging,
    'writes run beside each other: one that hangs does not hold up the others': noHanging,
    'a write that hangs is cut off when its sink is disposed and time passes': noHanging,
    'a disposed sink leaves no timer and no socket': noHanging,
  },
)
