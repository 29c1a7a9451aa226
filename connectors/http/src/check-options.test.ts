import { describe, expect, test } from 'vitest'
import { checkOptions } from './check-options.ts'
import type { HttpSinkOptions } from './options.ts'
import { completeOptions } from './options.fixture.ts'

describe('options that fit the schema and still make no sense are refused by name', () => {
  test.each([
    [{ url: 'example.com/x' }, 'url', 'is no URL'],
    [{ url: 'ftp://example.com' }, 'url', 'http: or https:'],
    [{ url: 'javascript:alert(1)' }, 'url', 'http: or https:'],
    [{ url: 'http://' }, 'url', 'is no URL'],
    [{ url: 'https://Ann:hush@example.com' }, 'url', 'use auth'],
    [{ url: 'https://example.com/#x' }, 'url', 'fragment'],
    [{ headers: { 'x y': '1' } }, 'headers.x y', 'no name'],
    [{ headers: { host: 'evil' } }, 'headers.host', 'belongs to the connection'],
    [{ headers: { 'x-a': 'hush\r\nx: y' } }, 'headers.x-a', 'line break'],
    [{ auth: { type: 'bearer', token: 'hush\r\nx: y' } }, 'auth.token', 'printable'],
    [{ auth: { type: 'apiKey', header: 'host', value: 'hush' } }, 'auth.header', 'belongs'],
    [{ auth: { type: 'apiKey', header: 'x', value: 'hush\n' } }, 'auth.header', 'line break'],
    [{ tls: { certificate: 'c', insecureSkipVerify: false } }, 'tls.key', 'go together'],
  ] satisfies [Partial<HttpSinkOptions>, string, string][])('%j: %s', (options, path, fault) => {
    expect(() => checkOptions(completeOptions(options))).toThrow(
      expect.objectContaining({
        code: 'options.invalid',
        details: { component: 'http', path },
        message: expect.stringMatching(new RegExp(`^(?!.*hush).*${fault}`, 's')),
      }),
    )
  })

  test.each([
    { url: 'http://example.com' },
    { url: 'https://[2001:db8::1]:8443/x?y=z' },
    { headers: { 'X-Trace': 'Größe\t1' } },
    { auth: { type: 'basic', username: '', password: '' } },
    { tls: { certificate: 'c', key: 'k', insecureSkipVerify: true } },
  ] satisfies Partial<HttpSinkOptions>[])('%j passes', options => {
    expect(() => checkOptions(completeOptions(options))).not.toThrow()
  })
})
