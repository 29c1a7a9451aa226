import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { createMnsVerifier } from './mns-hmac-sha1.ts'

const date = 'Tue, 15 Jul 2025 08:00:00 GMT'
const key = { accessKeyId: 'testid', accessKeySecret: 'testsecret', account: '1' }

function verdict(method: string, target: string, headers: Record<string, string>, shiftMs = 0): string {
  const clock: Clock = {
    nowMs: () => Date.parse(date) + shiftMs,
    timer: () => ({ [Symbol.dispose]: () => {} }),
  }
  const result = createMnsVerifier({ credentials: [key], clock }).verify(headers, method, target)
  return result instanceof AppError ? result.code : result.account
}

const emptyMd5 = 'ZDQxZDhjZDk4ZjAwYjIwNGU5ODAwOTk4ZWNmODQyN2U='
const xml = { 'content-type': 'text/xml' }
const both = { date, 'x-mns-date': date, 'x-mns-version': '2015-06-06' }
const one = { date, 'x-mns-version': '2015-06-06' }

/** What, method, target, further headers, signature: captured from the two clients (mns-and-sls section 1.14). */
const vectors: readonly (readonly [string, string, string, Record<string, string>, string])[] = [
  ['M1', 'GET', '/queues/q1/messages?waitseconds=10', both, '7HIpGIdA14jZ4lDK6dklBcyTWlo='],
  [
    'M2',
    'POST',
    '/queues/q1/messages',
    { ...both, ...xml, 'content-md5': 'ZjlhOTBmZjdiMTk2M2ZlNzk0NzIyMDQ4NWM0M2M1M2Q=' },
    'HTJ7lbp20L/xPJvGnDVDbULeqJM=',
  ],
  [
    'M3',
    'GET',
    '/queues',
    { ...both, 'x-mns-marker': 'm', 'x-mns-ret-number': '10', 'x-mns-prefix': 'q' },
    'z54C8qoM3Sp5Xks/ttLUAZeID78=',
  ],
  [
    'M4',
    'DELETE',
    '/queues/q1/messages?ReceiptHandle=1-ODU4OTkz-1-8',
    { ...both, ...xml, 'content-md5': emptyMd5 },
    'PezVjl323pqqsi+syPJdzcxmyJw=',
  ],
  [
    'M5',
    'PUT',
    '/queues/q1/messages?receiptHandle=1-ODU4OTkz-1-8&visibilityTimeout=30',
    { ...both, ...xml, 'content-md5': emptyMd5 },
    'qNGu0aHxociOnbaNNQHUMt9X010=',
  ],
  [
    'A1',
    'POST',
    '/queues/q1/messages',
    { ...one, 'content-type': 'text/xml;charset=utf-8', 'content-md5': 'iiprQi34Bwy12Potw1DdJA==' },
    'RUtABDaO+7sU/BkScBzkp7Y3Lcw=',
  ],
  ['A2', 'GET', '/queues/q1/messages?waitseconds=10', one, 'WQU4Uy9fdKG0qZya9AsxYYgPRVY='],
  ['A3', 'DELETE', '/queues/q1/messages?ReceiptHandle=1-ab+/==', one, 'F3Z8jaP7QzIz7q7c7ccnQpNQ9zY='],
  [
    'A4',
    'PUT',
    '/topics/t1/subscriptions/s1',
    { ...one, 'content-type': 'text/xml;charset=utf-8', 'content-md5': '9V12kgrF5nAmClNErJc/IA==' },
    '4jbl3P/zQXrHRg2hF1DXmNIM9Sg=',
  ],
  [
    'createQueue',
    'PUT',
    '/queues/q1',
    { ...both, ...xml, 'content-md5': 'ZmFhMWQ3MzgzYzkxZGMxYmRhMWYyNTBiZWMwZDQwNGE=' },
    'WZYn9zA6V5PrdSzAWSrDHuxYyJE=',
  ],
  [
    'setQueueAttributes',
    'PUT',
    '/queues/q1?metaoverride=true',
    { ...both, ...xml, 'content-md5': 'YzEwNGI1ZGE3MDhlODc2ZTk4OGQ2Mzk0YTNkOGUzZmI=' },
    'B4Ah7I2P1uu89ThJOHSv3S/oKzI=',
  ],
  [
    'batchReceiveMessage',
    'GET',
    '/queues/q1/messages?numOfMessages=16&waitseconds=10',
    both,
    'h66sNMdKj3xVkdFfUcj+/3bNKX8=',
  ],
  [
    'publishMessage',
    'POST',
    '/topics/t1/messages',
    { ...both, ...xml, 'content-md5': 'NDVlYmI4YWQ3OGQ0NjYyZGY3M2MxMGM2YzFjNDgxODA=' },
    '4B+lPQrZt6P561tDzDHqUztVVw4=',
  ],
]

describe('requests of the two clients', () => {
  test.each(vectors)('%s is let in', (_what, method, target, headers, signature) => {
    expect(verdict(method, target, { ...headers, authorization: `MNS testid:${signature}` })).toBe('1')
  })

  test.each(vectors)('%s is refused when anything that is signed differs', (...vector) => {
    const [, method, target, headers, signature] = vector
    const authorization = `MNS testid:${signature}`
    const verdicts = [
      verdict('PATCH', target, { ...headers, authorization }),
      verdict(method, `${target}&a=b`, { ...headers, authorization }),
      verdict(method, target, { ...headers, authorization, 'x-mns-more': '1' }),
      verdict(method, target, { ...headers, authorization, 'content-md5': 'other' }),
      verdict(method, target, { ...headers, authorization, date: 'Tue, 15 Jul 2025 08:00:01 GMT' }),
      verdict(method, target, { ...headers, authorization: `MNS testid:${signature.slice(1)}=` }),
    ]
    expect(verdicts).toEqual(verdicts.map(() => 'auth.signature-mismatch'))
  })
})

const [, method, target, headers, signature] = vectors[0] ?? ['', '', '', {}, '']
const right = { ...headers, authorization: `MNS testid:${signature}` }

test.each([
  [900_000, '1'],
  [-900_000, '1'],
  [900_001, 'auth.signature-expired'],
  [-900_001, 'auth.signature-expired'],
])('%i ms off the clock are %s', (shiftMs, code) => {
  expect(verdict(method, target, right, shiftMs)).toBe(code)
})

test('an unknown key and temporary credentials are told apart from a wrong signature', () => {
  expect(verdict(method, target, { ...right, authorization: `MNS other:${signature}` })).toBe(
    'auth.unknown-key',
  )
  expect(verdict(method, target, { ...right, 'security-token': 'tok' })).toBe('auth.token-mismatch')
})

test('the other date is signed where the first is missing', () => {
  const { date: _date, ...without } = right as Record<string, string>
  expect(verdict(method, target, without)).toBe('1')
})
