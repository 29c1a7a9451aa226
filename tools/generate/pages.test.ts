import { expect, test } from 'vitest'
import { Tree } from '../source/index.ts'
import { interfaceSection } from './compatibility-page.ts'
import { plant } from '../tidy/index.ts'
import { optionTable } from './connectors-page.ts'
import { errorsPage } from './errors-page.ts'

test('the page of errors lists every code under its area', () => {
  using plot = plant({
    'packages/a/src/errors.ts':
      "export const errorCatalogue = {\n  'bus.full': { status: 429, description: 'No | room.' },\n  'sink.failed': { status: 502, description: 'Failed.' },\n}\n",
  })

  const page = errorsPage(new Tree(plot.root))

  expect(page).toContain('## bus\n')
  expect(page).toContain(String.raw`| ${'`bus.full`'} | 429 | No \| room. |`)
  expect(page).toContain('| `sink.failed` | 502 | Failed. |')
})

test('the option table shows type, default, limits and inner options', () => {
  const table = optionTable({
    required: ['url', 'retry'],
    properties: {
      url: { type: 'string', maxLength: 2_048, description: 'Where to.' },
      method: { anyOf: [{ const: 'POST' }, { const: 'PUT' }], default: 'POST' },
      retry: {
        type: 'object',
        default: {},
        properties: { times: { type: 'integer', minimum: 0, default: 3 } },
      },
    },
  })

  expect(table.split('\n').slice(2)).toEqual([
    '| `url` | string | required | length ≤ 2048 | Where to. |',
    '| `method` | `POST` or `PUT` | `POST` | – |  |',
    '| `retry` | object | `{}` | – |  |',
    '| `retry.times` | integer | `3` | ≥ 0 |  |',
  ])
})

test('a schema without properties says so', () => {
  expect(optionTable({ properties: {} })).toBe('It has no options.')
})

test('the section of an interface counts its verdicts and has a row for each action', () => {
  const section = interfaceSection({
    title: 'Some Cloud',
    client: 'some-client 1.2.3',
    guide: 'guides/some.md',
    actions: [
      { name: 'Make', verdict: 'works' },
      { name: 'Paint', verdict: 'stored', note: 'no | colours' },
      { name: 'Fly', verdict: 'refused' },
      { name: 'Read', verdict: 'works' },
    ],
  })

  expect(section).toContain('## Some Cloud\n')
  expect(section).toContain('Tested with some-client 1.2.3. Of 4 actions: works 2, stored 1, refused 1.')
  expect(section).toContain('[How to use it](../guides/some.md)')
  expect(section).toContain(String.raw`| ${'`Paint`'} | stored | no \| colours |`)
})
