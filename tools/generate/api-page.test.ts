import { expect, test } from 'vitest'
import { apiIndex, apiPage, operationSection } from './api-page.ts'
import type { ApiDocument, Operation } from './served.ts'

const put: Operation = {
  summary: 'Writes a thing.',
  description: 'In force at once.',
  tags: ['buses'],
  parameters: [
    { name: 'thing', in: 'path', required: true, schema: { type: 'string', maxLength: 9 } },
    { name: 'dry', in: 'query', description: 'Only try.', schema: { type: 'boolean', default: false } },
  ],
  requestBody: {
    content: { 'application/json': { schema: { properties: { size: { type: 'integer', minimum: 1 } } } } },
  },
  responses: { 200: { description: 'The thing.' }, 404: { description: '`resource.not-found`' } },
  'x-millrace-access': [
    { action: 'eventbridge:CreateThing', resource: 'eventbridge:bus/:bus/thing/:thing', when: 'creates' },
  ],
}

const api = (tag: string): ApiDocument => ({
  info: { description: '' },
  paths: { '/api/v1/things/{thing}': { put: { ...put, tags: [tag] } } },
})

test('an operation has its permission, its parameters, its body and its answers', () => {
  const section = operationSection({ method: 'PUT', path: '/api/v1/things/{thing}', operation: put })

  expect(section).toContain('## PUT /things/{thing}\n\nWrites a thing.\n\nIn force at once.\n')
  expect(section).toContain(
    '`eventbridge:CreateThing` on `eventbridge:bus/{bus}/thing/{thing}` when it creates',
  )
  expect(section).toContain('| `thing` | path | string | required | length ≤ 9 |  |')
  expect(section).toContain('| `dry` | query | boolean | `false` | – | Only try. |')
  expect(section).toContain('Body, `application/json`:\n\n| member |')
  expect(section).toContain('| 404 | `resource.not-found` |')
})

test('the page of an area has its operations, and the index names the page', () => {
  expect(apiPage(api('buses'), 'buses')).toContain('## PUT /things/{thing}')
  expect(apiPage(api('buses'), 'queues')).not.toContain('## PUT')
  expect(apiIndex(api('buses'))).toContain('| `PUT /api/v1/things/{thing}` | Writes a thing. |')
})

test('an operation with a tag that has no page is refused', () => {
  expect(() => apiIndex(api('ghosts'))).toThrow('has the tag ghosts, which has no page')
})
