import { optionsParser } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from './index.ts'

const parseSource = optionsParser('mqtt', connector.source!.options)

test.each([
  [{ topic: 'a/#/b' }, 'option topic has a wildcard'],
  [{ topic: 'a+/b' }, 'option topic has a wildcard'],
  [{ topic: '$share/g/t' }, 'option topic must not begin with $share'],
  [{ topic: 't', group: 'a/b' }, 'option group must not have'],
  [{ topic: 't', endpoint: 'mqtt://a' }, 'option endpoint is not'],
  [{ topic: 't', password: 'x' }, 'option password goes with a username'],
  [{ topic: 't', tls: { certificate: 'x' } }, 'option tls.key and tls.certificate go together'],
])('%o is refused before anybody connects', (given, message) => {
  expect(() => connector.source?.check?.(parseSource(given))).toThrow(message)
})

test.each(['a', 'a/+/b', '#', '+', '/a/#'])('the filter %s is taken', topic => {
  expect(connector.source?.check?.(parseSource({ topic }))).toBeUndefined()
})

test('a sink has no wildcards in its topic', () => {
  const options = optionsParser('mqtt', connector.sink!.options)({ topic: 'a/+' })
  expect(() => connector.sink?.check?.(options)).toThrow('option topic must not have the wildcards')
})
