import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'
import { millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

const hello = join(repositoryRoot, 'examples/hello')

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')

describe('millrace apply', { timeout: testLimitMs }, () => {
  test('writes everything the first time and finds everything unchanged the second time', async () => {
    const server = await runningServer(await temporaryFolder())
    const environment = environmentOf(server)

    const first = await millrace(['apply', hello], environment)
    const second = await millrace(['apply', hello], environment)

    expect(first).toMatchObject({ status: 0, error: '' })
    expect(lines(first.out)).toHaveLength(5)
    for (const line of lines(first.out)) expect(line).toMatch(/^created /)
    expect(second).toMatchObject({ status: 0, error: '' })
    expect(lines(second.out)).toEqual(lines(first.out).map(line => line.replace('created  ', 'unchanged')))
  })

  const refused: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a pattern with an operator that does not exist',
      'buses: { a: { rules: { r: { pattern: { data: { n: [{ prefx: x }] } } } } } }',
      ['rule a/r', 'data', 'prefx'],
    ],
    ['a key of a bus that does not exist', 'buses: { a: { retention: 5 } }', ['bus a', 'retention']],
    ['a top-level key that does not exist', 'busses: { a: {} }', ['busses']],
    [
      'a target on a function that does not exist',
      'buses: { a: { rules: { r: { pattern: {}, targets: [{ id: t, sink: { function: nobody } }] } } } }',
      ['rule a/r', 'nobody'],
    ],
    ['a text that is not YAML', 'buses:\n  a: {}\n  b: [', ['millrace.config.yaml', 'line 3']],
  ]
  for (const [name, text, places] of refused) {
    test(`${name} is refused with the place, exit code 1`, async () => {
      const folder = await temporaryFolder()
      const server = await runningServer(join(folder, 'state'))
      await writeFile(join(folder, 'millrace.config.yaml'), text)

      const { status, error } = await millrace(['apply', folder], environmentOf(server))

      expect(status).toBe(1)
      for (const place of places) expect(error).toContain(place)
    })
  }

  test('a folder without wiring, and a server that is not there, are told with exit code 1', async () => {
    const folder = await temporaryFolder()

    const nothing = await millrace(['apply', folder], { MILLRACE_URL: 'http://127.0.0.1:1' })
    const nobody = await millrace(['apply', hello], { MILLRACE_URL: 'http://127.0.0.1:1' })

    expect(nothing.status).toBe(1)
    expect(nothing.error).toContain('no wiring')
    expect(nobody.status).toBe(1)
    expect(nobody.error).toContain('Is it running?')
  })
})
