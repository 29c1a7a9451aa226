import { expect, test } from 'vitest'
import { refuseSealedCopies } from './sealed-copies.ts'

const spec = (password: string) => ({ targets: [{ sink: { options: { password, url: 'x' } } }] })

test('a spec may be written back with the secrets that it has, wherever they stand', () => {
  expect(() => refuseSealedCopies(spec('sealed:v1:a'), spec('sealed:v1:a'))).not.toThrow()
  expect(() => refuseSealedCopies({ moved: 'sealed:v1:a' }, spec('sealed:v1:a'))).not.toThrow()
  expect(() => refuseSealedCopies(spec('in the clear'), undefined)).not.toThrow()
})

test.each([
  ['of a resource that is new', undefined],
  ['of a resource that has another', spec('sealed:v1:b')],
])('a sealed text of elsewhere is refused in a spec %s, by its place alone', (_which, before) => {
  const write = (): void => refuseSealedCopies(spec('sealed:v1:a'), before)
  expect(write).toThrow(
    expect.objectContaining({ code: 'secret.copied', details: { path: 'targets.0.sink.options.password' } }),
  )
  expect(write).not.toThrow('v1')
})
