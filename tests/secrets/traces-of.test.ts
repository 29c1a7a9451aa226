import { expect, test } from 'vitest'
import { tracesOf } from './traces-of.ts'

const secret = 'pl@nted/"1"+&<of the test>~9f3c2a'
const planted = [{ place: 'the test', secret }]
const xml = '<a>pl@nted/"1"+&amp;&lt;of the test>~9f3c2a</a>'

test.each<[string, string]>([
  ['a line of a log', `{"level":"debug","password":${JSON.stringify(secret)}}`],
  ['a line of a log that quotes a body', JSON.stringify({ body: JSON.stringify({ password: secret }) })],
  ['a plain text', `password=${secret}`],
  ['a URL', `http://x/?p=${encodeURIComponent(secret)}&q=1`],
  ['a form', new URLSearchParams({ user: 'ada', password: secret }).toString()],
  ['basic credentials', `Basic ${Buffer.from(`ada:${secret}`).toString('base64')}`],
  ['basic credentials of another length', `Basic ${Buffer.from(`adam:${secret}`).toString('base64')}`],
  ['base64', Buffer.from(`x:${secret}, and more`).toString('base64')],
  ['base64url', Buffer.from(`xyz${secret}`).toString('base64url')],
  ['hex', `0x${Buffer.from(secret).toString('hex')}`],
  ['XML', xml],
])('a secret is found in %s', (_form, text) => {
  expect(tracesOf(planted, [{ name: 'it', bytes: Buffer.from(text) }])).not.toEqual([])
})

test('nothing is found where nothing is', () => {
  const bytes = Buffer.from(
    `pl@nted/"1"+&<of another test>~000000 ${Buffer.from('ada:guest').toString('base64')}`,
  )
  expect(tracesOf(planted, [{ name: 'it', bytes }])).toEqual([])
})

test('what is found is told with its form and place, without the secret', () => {
  const [told = ''] = tracesOf(planted, [{ name: 'the log', bytes: Buffer.from(secret) }])
  expect(told).toBe('the secret of the test, as it is, in the log')
})
