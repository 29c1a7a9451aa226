import { expect, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'
import { Tree } from '../../tools/source/index.ts'

const tree = new Tree(repositoryRoot)

/** Variables that the server reads: the names that its configuration has. */
function settingsRead(): string[] {
  const sources = tree.files.filter(
    ({ path, isTest }) => /^packages\/server\/src\/app\/[\w-]*config\.ts$/.test(path) && !isTest,
  )
  return sources.flatMap(({ text }) =>
    [...text.matchAll(/'(MILLRACE_[A-Z_]*[A-Z])'/g)].map(([, name = '']) => name),
  )
}

test('the page of settings has every variable that the server reads, and no other', () => {
  const page = tree.get('docs/operate/settings.md')?.text ?? ''
  const told = [...page.matchAll(/\b(MILLRACE_[A-Z_]*[A-Z])\b/g)].map(([, name = '']) => name)

  expect([...new Set(told)].toSorted()).toEqual([...new Set(settingsRead())].toSorted())
})
