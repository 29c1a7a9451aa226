import { describe, expect, test } from 'vitest'
import { follows, ownScripts, reads, splitCommands, startsServer } from './commands.ts'
import { missingLine } from './output.ts'

describe('what a page shows of what a command says', () => {
  test('fits where lines are left out, and widths, times and ids differ', () => {
    const said =
      'accepted: 0a1b2c3d-0000-4000-8000-000000000000 at position 1\nrule   verdict\nall     match   12 ms\n'

    expect(missingLine('rule verdict\nall match 7 ms\n', said)).toBeUndefined()
    expect(missingLine('accepted: … at position 1\n…\nall match …\n', said)).toBeUndefined()
  })

  test('does not fit where a line is missing, differs, or stands before another', () => {
    const said = 'created bus orders\ncreated rule orders/paid\n'

    expect(missingLine('created bus order\n', said)).toBe('created bus order')
    expect(missingLine('created rule orders/paid\ncreated bus orders\n', said)).toBe('created bus orders')
    expect(missingLine('anything\n', '')).toBe('anything')
  })
})

describe('the commands of a block', () => {
  test('go over lines while a quote, a list or a backslash is open', () => {
    const block =
      '# first\ncurl -d \'{\n  "a": 1 }\' \\\n  http://x\n\nfor x in 1 2; do\n  echo $x\ndone\nls\n'

    expect(splitCommands(block)).toEqual([
      'curl -d \'{\n  "a": 1 }\' \\\n  http://x',
      'for x in 1 2; do\n  echo $x\ndone',
      'ls',
    ])
  })

  test('are servers, watchers and readers by what they are', () => {
    expect(startsServer('MILLRACE_LOG=warn npx millrace start  # here')).toBe(true)
    expect(startsServer('npx millrace apply')).toBe(false)
    expect(follows('npx millrace fn logs bill -f')).toBe(true)
    expect(follows('npx millrace fn logs bill')).toBe(false)
    expect(reads('npx millrace queue peek jobs')).toBe(true)
    expect(reads('npx millrace queue receive jobs')).toBe(false)
  })

  test('are scripts of the repository where they run nothing else', () => {
    expect(ownScripts('npm ci && npm run demo   # see it')).toEqual(['demo'])
    expect(ownScripts('npm test')).toEqual(['test'])
    expect(ownScripts('npm ci && ls')).toBeUndefined()
  })
})
