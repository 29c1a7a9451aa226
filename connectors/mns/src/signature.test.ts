import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { authorization } from './signature.ts'
import { document, leaf } from './xml.ts'

const date = 'Tue, 15 Jul 2025 08:00:00 GMT'
const dated = { date, 'x-mns-date': date, 'x-mns-version': '2015-06-06' }

test('a request without a body is signed as section 1.14 has it', () => {
  const target = '/queues/q1/messages?waitseconds=10'
  expect(authorization({ method: 'GET', target, headers: dated }, 'testid', 'testsecret')).toBe(
    'MNS testid:7HIpGIdA14jZ4lDK6dklBcyTWlo=',
  )
})

test('a request with a body is signed as section 1.14 has it', () => {
  const inside = leaf('MessageBody', 'aGVsbG8=') + leaf('DelaySeconds', 0) + leaf('Priority', 8)
  const body = document('Message', inside)
  const digest = Buffer.from(createHash('md5').update(body).digest('hex')).toString('base64')
  expect(digest).toBe('ZjlhOTBmZjdiMTk2M2ZlNzk0NzIyMDQ4NWM0M2M1M2Q=')
  const headers = { ...dated, 'content-type': 'text/xml', 'content-md5': digest }
  expect(
    authorization({ method: 'POST', target: '/queues/q1/messages', headers }, 'testid', 'testsecret'),
  ).toBe('MNS testid:HTJ7lbp20L/xPJvGnDVDbULeqJM=')
})
