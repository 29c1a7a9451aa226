import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readBlocks } from '../../tools/docs/index.ts'
import { repositoryRoot } from '../../tools/process/index.ts'
import { PageTerminal, splitCommands } from '../docs/index.ts'
import { patienceMs, testLimitMs } from './command.ts'

/** The commands of the README that begin a function, as they are typed; the installation is what runs this test. */
async function typedCommands(): Promise<string[]> {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8')
  const block = readBlocks(readme).find(({ text }) => text.includes('fn init'))
  return splitCommands(block?.text ?? '')
}

test(
  'five commands of the README lead to an own function that answers to an own event',
  async () => {
    const commands = await typedCommands()
    expect(commands).toHaveLength(5)
    const [install, init = '', dev = '', send = '', logs = ''] = commands
    expect(install).toBe('npm ci')
    const terminal = await PageTerminal.open()

    expect(await terminal.type(init)).toMatchObject({ status: 0 })
    await terminal.serve(dev)
    expect((await terminal.type(send)).text).toContain('accepted')

    const shown = async (): Promise<string> => (await terminal.type(logs)).text
    await expect.poll(shown, { timeout: patienceMs }).toContain('greeting Ada')
  },
  testLimitMs,
)
