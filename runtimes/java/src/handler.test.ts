import { expect, test } from 'vitest'
import { checkHandler } from './handler.ts'

test('a handler whose class is in the code, or may be in a jar, is accepted', () => {
  expect(checkHandler('example.App::handleRequest', new Set(['example/App.class']))).toBeUndefined()
  expect(checkHandler('example.App', new Set(['app.jar']))).toBeUndefined()
  expect(checkHandler('App$Inner::run', new Set(['lib/app.jar']))).toBeUndefined()
})

test('a handler whose class cannot be there is refused with what was looked for', () => {
  expect(checkHandler('example.App::run', new Set(['App.class', 'deep/lib/app.jar']))).toContain(
    'neither example/App.class nor a jar',
  )
})

test('a handler that names no class is refused', () => {
  for (const handler of ['index.handler()', '::run', 'a..b::c', 'a::b::c']) {
    expect(checkHandler(handler, new Set(['app.jar']))).toContain('must name a class and a method')
  }
})
