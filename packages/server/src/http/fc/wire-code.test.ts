import { expect, test } from 'vitest'
import { allErrorCatalogues } from '../catalogue.ts'
import { wireCode } from './wire-code.ts'

test('every code of the platform has a name here, and nobody else is blamed for it than there', () => {
  for (const [code, { status }] of allErrorCatalogues.flatMap(catalogue => Object.entries(catalogue))) {
    const wire = wireCode(code, {}, status)
    expect(wire.code, code).toMatch(/^[A-Z]\w+$/)
    expect(wire.status >= 500, code).toBe(status >= 500)
  }
})

test('what is missing is named after its kind, with its function', () => {
  const named = (kind: string, name: string) => wireCode('resource.not-found', { kind, name }, 404)
  expect(named('function', 'f')).toMatchObject({
    status: 404,
    code: 'FunctionNotFound',
    message: "function 'f' does not exist",
  })
  expect(named('version or alias', 'f/3')).toMatchObject({ code: 'VersionNotFound' })
  expect(named('version or alias', 'f/prod')).toMatchObject({
    code: 'AliasNotFound',
    message: "alias 'prod' does not exist in function 'f'",
  })
  expect(named('layer', 'l:2').code).toBe('LayerVersionNotFound')
  expect(named('asynchronous setting', 'f/LATEST').code).toBe('AsyncConfigNotExists')
})
