import { expect, test } from 'vitest'
import { isWanted } from './filter.ts'

const all = { prefix: '', keyRules: [], types: ['oss:ObjectCreated:*'] }
const upload = { bucket: 'b', key: 'in/a.png', type: 'oss:ObjectCreated:PutObject' }
const include = (prefix: string, suffix = '') => ({ prefix, suffix, exclude: false })
const exclude = (prefix: string, suffix = '') => ({ prefix, suffix, exclude: true })

test.each([
  [{}, true],
  [{ bucket: 'b' }, true],
  [{ bucket: 'c' }, false],
  [{ prefix: 'in/' }, true],
  [{ prefix: 'out/' }, false],
  [{ types: ['oss:ObjectCreated:PutObject'] }, true],
  [{ types: ['oss:ObjectCreated:Put'] }, false],
  [{ types: ['oss:ObjectRemoved:*', '*'] }, true],
  [{ keyRules: [include('in/', '.png')] }, true],
  [{ keyRules: [include('in/', '.jpg')] }, false],
  [{ keyRules: [include('x/'), include('in/')] }, true],
  [{ keyRules: [exclude('in/tmp')] }, true],
  [{ keyRules: [exclude('', '.png')] }, false],
  [{ keyRules: [include('in/'), exclude('', '.png')] }, false],
])('an upload of in/a.png to b passes %o: %s', (rules, is) => {
  expect(isWanted(upload, { ...all, ...rules })).toBe(is)
})
