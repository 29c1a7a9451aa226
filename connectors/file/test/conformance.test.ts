import { appendFile } from 'node:fs/promises'
import { sourceSuite } from '@millrace/spi/conformance'
import { connector } from '../src/index.ts'
import { TestFolder } from './folder.ts'

sourceSuite('file', connector, async () => {
  const folder = await TestFolder.make()
  const path = folder.at('orders.jsonl')
  return {
    connector,
    options: { paths: [path], pollMs: 5 },
    put: async texts => await appendFile(path, texts.map(text => `${text}\n`).join('')),
    textOf: data => JSON.stringify(data),
    putMalformed: async () => await appendFile(path, '{"cut":\n'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
})
