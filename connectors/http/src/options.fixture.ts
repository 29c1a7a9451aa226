import { optionsParser } from '@millrace/spi'
import { Value } from 'typebox/value'
import { HttpSinkOptions } from './options.ts'

/** Complete options from a few, for tests. */
export function completeOptions(options: Partial<HttpSinkOptions>): HttpSinkOptions {
  return Value.Parse(
    HttpSinkOptions,
    optionsParser('http', HttpSinkOptions)({ url: 'http://example.com', ...options }),
  )
}
