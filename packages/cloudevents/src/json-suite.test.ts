import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CloudEventError, scanBinary, scanStructured } from './index.ts'

/** JSONTestSuite, which is handed out beside the checkout: `y_` must be accepted, `n_` refused, `i_` may be either. */
const folder = join(import.meta.dirname, '../../../../shared/cases/json')
const files = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.json')) : []
const reason = files.length === 0 ? ' (skipped: the case files are not beside this checkout)' : ''

/** The file's text as the data of an event; true when accepted, false when refused. */
function acceptsStructured(text: Buffer): boolean {
  const head = Buffer.from('{"specversion":"1.0","id":"a","source":"/s","type":"t","data":')
  return accepts(() => scanStructured(Buffer.concat([head, text, Buffer.from('}')])))
}

function acceptsBinary(text: Buffer): boolean {
  const headers = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': '/s', 'ce-type': 't' }
  return accepts(() => {
    if (scanBinary({ ...headers, 'content-type': 'application/json' }, text).data === undefined) {
      throw new CloudEventError('cloudevents.invalid-data', 'An empty body is no data.')
    }
  })
}

function accepts(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof CloudEventError) return false
    throw error
  }
}

describe.skipIf(files.length === 0)(`JSONTestSuite as data of an event${reason}`, () => {
  test.each(files.filter(name => name.startsWith('y_')))('%s is accepted', name => {
    const text = readFileSync(join(folder, name))
    expect([acceptsStructured(text), acceptsBinary(text)]).toEqual([true, true])
  })

  test.each(files.filter(name => name.startsWith('n_')))('%s is refused', name => {
    const text = readFileSync(join(folder, name))
    expect([acceptsStructured(text), acceptsBinary(text)]).toEqual([false, false])
  })

  test.each(files.filter(name => name.startsWith('i_')))('%s gets the same answer in both modes', name => {
    const text = readFileSync(join(folder, name))
    expect(acceptsStructured(text)).toBe(acceptsBinary(text))
  })
})
