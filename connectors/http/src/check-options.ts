import { type AppError, checkTls, optionRefusal } from '@millrace/spi'
import { headerNameFault, headerValueFault } from './headers.ts'
import type { HttpSinkOptions } from './options.ts'

/**
 * Checks what the schema cannot say.
 *
 * @throws AppError `options.invalid` with the path of the option; never with its value, which may be a secret
 */
export function checkOptions(options: HttpSinkOptions): void {
  checkUrl('url', options.url)
  for (const [name, value] of Object.entries(options.headers)) checkHeader(`headers.${name}`, name, value)
  const { auth } = options
  if (auth?.type === 'bearer') checkToken('auth.token', auth.token)
  if (auth?.type === 'apiKey') checkHeader('auth.header', auth.header, auth.value)
  if (auth?.type === 'oauth2') {
    checkUrl('auth.tokenUrl', auth.tokenUrl)
    for (const [name, value] of Object.entries(auth.headers)) checkHeader(`auth.headers.${name}`, name, value)
  }
  checkTls('http', options.tls)
}

function checkUrl(path: string, text: string): void {
  const url = URL.parse(text)
  if (url === null) throw refusal(path, 'is no URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusal(path, 'must begin with http: or https:')
  if (url.username !== '' || url.password !== '') {
    throw refusal(path, 'must not hold a user name or password; use auth, which is kept secret')
  }
  if (url.hash !== '') throw refusal(path, 'must not have a fragment, which is never sent')
}

function checkHeader(path: string, name: string, value: string): void {
  const fault = headerNameFault(name) ?? headerValueFault(value)
  if (fault !== undefined) throw refusal(path, fault)
}

function checkToken(path: string, token: string): void {
  if (!/^[\x21-\x7e]+$/.test(token)) throw refusal(path, 'may hold only printable ASCII without spaces')
}

function refusal(path: string, fault: string): AppError {
  return optionRefusal('http', path, fault)
}
