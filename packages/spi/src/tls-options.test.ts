import { expect, test } from 'vitest'
import { optionsParser } from './options.ts'
import { checkTls, type TlsOptions, tlsOptions, tlsSettings } from './tls-options.ts'

const parse = optionsParser('demo', tlsOptions({ description: 'TLS.' }))
const tls = (given: object): TlsOptions => parse(given) as TlsOptions

test('certificates are checked unless the operator says otherwise', () => {
  expect(tlsSettings(tls({}))).toEqual({ rejectUnauthorized: true })
  expect(tlsSettings(tls({ insecureSkipVerify: true }))).toEqual({ rejectUnauthorized: false })
})

test('what is given is passed on under the names of node:tls', () => {
  const given = { ca: 'a', certificate: 'c', key: 'k', serverName: 'mq.example.com' }
  expect(tlsSettings(tls(given))).toEqual({
    rejectUnauthorized: true,
    ca: 'a',
    cert: 'c',
    key: 'k',
    servername: 'mq.example.com',
  })
})

test('a certificate and its key go together, and the refusal shows neither', () => {
  expect(() => checkTls('demo', undefined)).not.toThrow()
  expect(() => checkTls('demo', tls({ certificate: 'c', key: 'k' }))).not.toThrow()
  for (const half of [{ certificate: 'half' }, { key: 'half' }]) {
    expect(() => checkTls('demo', tls(half))).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        message: 'demo: option tls.key and tls.certificate go together',
        details: { component: 'demo', path: 'tls.key' },
      }),
    )
  }
})
