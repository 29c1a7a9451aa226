import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkJars, parseSums } from './maven.ts'

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** A folder of jars with these bytes, and a list that demands those. */
function plantJars(jars: Readonly<Record<string, string>>, listed: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-jars-'))
  const folder = join(root, 'jars')
  mkdirSync(folder)
  for (const [name, text] of Object.entries(jars)) writeFileSync(join(folder, name), text)
  const sums = join(root, 'jars.sha256')
  writeFileSync(
    sums,
    Object.entries(listed)
      .map(([name, text]) => `${sumOf(text)}  ${name}\n`)
      .join(''),
  )
  return { folder, sums, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

test('jars that are exactly those listed pass', async () => {
  using planted = plantJars({ 'a.jar': 'one', 'b.jar': 'two' }, { 'a.jar': 'one', 'b.jar': 'two' })

  await checkJars(planted.folder, planted.sums)
})

test('a jar with other bytes, a missing one and one that is not listed are refused by name', async () => {
  using changed = plantJars({ 'a.jar': 'altered' }, { 'a.jar': 'one' })
  using missing = plantJars({}, { 'a.jar': 'one' })
  using extra = plantJars({ 'a.jar': 'one', 'b.jar': 'two' }, { 'a.jar': 'one' })

  await expect(checkJars(changed.folder, changed.sums)).rejects.toThrow(
    `a.jar has SHA-256 ${sumOf('altered')}`,
  )
  await expect(checkJars(missing.folder, missing.sums)).rejects.toThrow('missing a.jar, not listed none')
  await expect(checkJars(extra.folder, extra.sums)).rejects.toThrow('missing none, not listed b.jar')
})

test('a list with a line that is no sum is refused', () => {
  expect(() => parseSums('abc  a.jar\n')).toThrow('not a line of a list of sums: abc  a.jar')
  expect(() => parseSums(`${sumOf('one')}  ../a.jar\n`)).toThrow('not a line')
})
