import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadSecretBox, secretKeyFileName } from './load-secret-box.ts'
import { SecretBox } from './secret-box.ts'
import type { SecretKeySource } from './secret-key.ts'

const inFolder = { kind: 'folder' } as const
const key = Buffer.alloc(32, 7)
const unreadable = { code: 'secret.unreadable' }

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-secret-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

const command = (text: string): SecretKeySource => ({
  kind: 'command',
  command: text,
  environment: { PATH: '/usr/bin:/bin', VAULT: key.toString('base64') },
})

test('the key is made once, kept for its owner alone, and a damaged one is refused', async () => {
  const folder = await dataFolder()
  const sealed = (await loadSecretBox(folder, inFolder)).seal('kept')
  expect((await loadSecretBox(folder, inFolder)).open(sealed)).toBe('kept')
  const path = join(folder, secretKeyFileName)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await writeFile(path, 'short')
  await expect(loadSecretBox(folder, inFolder)).rejects.toMatchObject(unreadable)
})

test.each([
  ['base64', key.toString('base64')],
  ['base64url', `${key.toString('base64url')}\n`],
  ['hexadecimal digits', key.toString('hex')],
])('a key may be told in %s', async (_form, text) => {
  const folder = await dataFolder()
  const box = await loadSecretBox(folder, { kind: 'value', text })
  expect(box.open(new SecretBox(key).seal('kept'))).toBe('kept')
  await expect(stat(join(folder, secretKeyFileName))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a key may lie in a file elsewhere, or be told by a command', async () => {
  const [folder, elsewhere] = [await dataFolder(), await dataFolder()]
  const path = join(elsewhere, 'key')
  await writeFile(path, key.toString('hex'))
  const sealed = (await loadSecretBox(folder, { kind: 'file', path })).seal('kept')
  expect((await loadSecretBox(folder, command('echo "$VAULT"'))).open(sealed)).toBe('kept')
})

test.each<[string, SecretKeySource, string]>([
  ['a value that is no key', { kind: 'value', text: 'c2VjcmV0LXRleHQ' }, 'MILLRACE_SECRET_KEY'],
  ['a file that is not there', { kind: 'file', path: '/nowhere/key' }, 'ENOENT'],
  ['a command that fails', command('echo half-a-secret; exit 3'), 'code 3'],
  ['a command that tells something else', command('echo half-a-secret'), 'the output of'],
  ['a command that tells too much', command('yes half-a-secret'), 'printed more than'],
])('%s is refused, and what it told is not shown', async (_what, source, words) => {
  const folder = await dataFolder()
  const refusal = await loadSecretBox(folder, source).catch((thrown: unknown) => thrown as Error)
  expect(refusal).toMatchObject(unreadable)
  expect(refusal).toMatchObject({ message: expect.stringContaining(words) as string })
  expect((refusal as Error).message).not.toMatch(/half-a-secret|c2VjcmV0/)
})

test('another key than the one that secrets are sealed with is refused before anything is sealed with it', async () => {
  const folder = await dataFolder()
  await loadSecretBox(folder, { kind: 'value', text: key.toString('hex') })
  const other = { kind: 'value', text: Buffer.alloc(32, 8).toString('hex') } as const
  await expect(loadSecretBox(folder, other)).rejects.toMatchObject(unreadable)
  await expect(loadSecretBox(folder, inFolder)).rejects.toMatchObject({
    message: expect.stringContaining('is gone') as string,
  })
})

test('a key that moves out of the folder opens what was sealed before, and seals it anew', async () => {
  const folder = await dataFolder()
  const source = { kind: 'value', text: key.toString('hex') } as const
  const before = (await loadSecretBox(folder, inFolder)).forPurpose('keys').seal('kept')
  const moved = (await loadSecretBox(folder, source)).forPurpose('keys')
  expect(moved.open(before)).toBe('kept')
  const after = moved.seal(before)
  await rm(join(folder, secretKeyFileName))
  const alone = (await loadSecretBox(folder, source)).forPurpose('keys')
  expect(alone.open(after)).toBe('kept')
  expect(() => alone.open(before)).toThrow(expect.objectContaining(unreadable))
  expect(await readFile(join(folder, 'secret.check'), 'utf8')).not.toContain(source.text)
})
