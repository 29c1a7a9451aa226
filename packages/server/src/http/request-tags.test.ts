import { expect, test } from 'vitest'
import { requestTags } from './request-tags.ts'

test.each([
  [{ team: 'shop', n: 1 }, { team: 'shop' }],
  [[{ Key: 'team', Value: 'shop' }, { Key: 'x' }, null], { team: 'shop' }],
  [undefined, undefined],
  ['team', undefined],
])('%j gives %j', (given, tags) => {
  expect(requestTags(given)).toEqual(tags)
})
