import { describe, expect, test } from 'vitest'
import { createLog, type LogLevel } from './log.ts'

function logInto(lines: string[], level: LogLevel = 'info', isTerminal = false) {
  return createLog({ level, isTerminal, write: line => void lines.push(line) })
}

function onlyRecord(lines: string[]): Record<string, unknown> {
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>
}

describe('the log for machines', () => {
  test('a call is one line of JSON with level, time, message and fields', () => {
    const lines: string[] = []
    logInto(lines).info('listening', { port: 8400 })

    expect(lines[0]?.endsWith('\n')).toBe(true)
    expect(onlyRecord(lines)).toEqual({
      level: 'info',
      time: expect.stringMatching(/Z$/),
      msg: 'listening',
      port: 8400,
    })
  })

  test.each(['accessKeySecret', 'authorization', 'password', 'token', 'secret'])(
    'the field %s is never written, at any of three levels',
    name => {
      const lines: string[] = []
      logInto(lines).warn('x', { [name]: 'hush', a: { [name]: 'hush' }, b: { c: { [name]: 'hush' } } })

      expect(lines.join('')).not.toContain('hush')
      expect(lines.join('')).toContain('[redacted]')
    },
  )

  test('an error is written with its message and stack', () => {
    const lines: string[] = []
    logInto(lines).error('failed', { cause: new Error('disk') })

    expect(onlyRecord(lines)['cause']).toMatchObject({
      message: 'disk',
      stack: expect.stringContaining('disk'),
    })
  })

  test('a level hides what is below it', () => {
    const lines: string[] = []
    const log = logInto(lines, 'warn')
    log.debug('a')
    log.info('b')
    log.warn('c')

    expect(onlyRecord(lines)).toMatchObject({ msg: 'c' })
  })

  test('silent writes nothing', () => {
    const lines: string[] = []
    logInto(lines, 'silent').error('a')

    expect(lines).toEqual([])
  })

  test('the fields of a child are on each of its lines', () => {
    const lines: string[] = []
    logInto(lines).child({ connector: 'http' }).info('a', { b: 1 })

    expect(onlyRecord(lines)).toMatchObject({ connector: 'http', b: 1 })
  })
})

describe('the log for people', () => {
  test('a line has time, level, message and fields, and no braces', () => {
    const lines: string[] = []
    logInto(lines, 'info', true).info('listening', { url: 'http://127.0.0.1:8400', note: 'two words' })
    const plain = (lines[0] ?? '').replaceAll(/\u001b\[\d+m/g, '')

    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}listening url=http:\/\/127\.0\.0\.1:8400 note="two words"\n$/,
    )
  })

  test('secrets are hidden there, too', () => {
    const lines: string[] = []
    logInto(lines, 'info', true).info('x', { accessKeySecret: 'hush' })

    expect(lines.join('')).not.toContain('hush')
  })
})
