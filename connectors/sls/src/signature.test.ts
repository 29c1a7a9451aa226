import { expect, test } from 'vitest'
import { authorization } from './signature.ts'

const common = {
  date: 'Tue, 15 Jul 2025 08:00:00 GMT',
  'x-log-apiversion': '0.6.0',
  'x-log-signaturemethod': 'hmac-sha1',
}
const query = {
  type: 'log',
  from: '1752562800',
  to: '1752566400',
  query: 'level: error',
  line: '10',
  offset: '0',
  reverse: 'true',
  topic: '',
}

/** Captured from the vendor's client (mns-and-sls section 2.11). */
test.each([
  [
    {
      method: 'GET',
      path: '/logstores/ls',
      query,
      headers: { ...common, 'content-type': 'application/json' },
    },
    'sDyJwtpu7/WuDt6sim4A0FxIRy8=',
  ],
  [
    {
      method: 'POST',
      path: '/logstores/ls/shards/lb',
      query: {},
      headers: {
        ...common,
        'content-type': 'application/x-protobuf',
        'content-md5': 'AD228E86D007EEB0F0DF85C90AE8BA32',
        'x-log-bodyrawsize': '71',
      },
    },
    'M2U5Ro1gPCA6qH7umvhek635aRo=',
  ],
  [
    {
      method: 'GET',
      path: '/logstores/ls',
      query: {},
      headers: { ...common, 'content-type': 'application/json', 'x-acs-security-token': 'tok' },
    },
    '6FBF7iP7SaxJQhyIeDk4SsPqlgM=',
  ],
])('a request is signed as the vendor signs it %#', (parts, signature) => {
  expect(authorization(parts, 'testid', 'testsecret')).toBe(`LOG testid:${signature}`)
})
