import { AppError } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { NotAFile, sinkError, sourceError } from './errors.ts'
import { PathRefusal } from './place.ts'

const system = (code: string): Error => Object.assign(new Error('planted detail'), { code })

describe('every failure has a code and a verdict', () => {
  test.each([
    [new PathRefusal('outside'), 'source.rejected', 'never'],
    [new NotAFile(), 'source.rejected', 'never'],
    [system('ENOENT'), 'source.not-found', 'never'],
    [system('EACCES'), 'source.unauthorized', 'never'],
    [system('ELOOP'), 'source.rejected', 'never'],
    [system('EIO'), 'source.failed', 'backoff'],
    ['a text', 'source.failed', 'backoff'],
  ])('of a source: %s is %s, %s', (thrown, code, kind) => {
    expect(sourceError(thrown, '/a')).toMatchObject({ code, retry: { kind } })
  })

  test.each([
    [new PathRefusal('outside'), 'sink.address-refused', 'never'],
    [new NotAFile(), 'sink.rejected', 'never'],
    [system('EISDIR'), 'sink.rejected', 'never'],
    [system('ENAMETOOLONG'), 'sink.rejected', 'never'],
    [system('EROFS'), 'sink.unauthorized', 'never'],
    [system('ENOENT'), 'sink.unavailable', 'backoff'],
    [system('ENOSPC'), 'sink.unavailable', 'backoff'],
    [system('EIO'), 'sink.failed', 'backoff'],
    [undefined, 'sink.failed', 'backoff'],
  ])('of a sink: %s is %s, %s', (thrown, code, kind) => {
    expect(sinkError(thrown, '/a')).toMatchObject({ code, retry: { kind } })
  })

  test('one that has its code already keeps it', () => {
    const error = new AppError('storage.full', 'no room')
    expect([sourceError(error, '/a'), sinkError(error, '/a')]).toEqual([error, error])
  })
})
