import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialsFileName, loadCredentials } from './credentials.ts'

let dataPath: string
beforeEach(async () => {
  dataPath = await mkdtemp(join(tmpdir(), 'millrace-auth-'))
})
afterEach(() => rm(dataPath, { recursive: true }))

const file = (): string => join(dataPath, credentialsFileName)

describe('the credentials of a node', () => {
  test('are made at the first start, kept for the owner alone, and found at the next', async () => {
    const first = await loadCredentials({ dataPath, account: '7' })
    const second = await loadCredentials({ dataPath, account: '7' })

    expect(first.created).toBe(true)
    expect(second).toEqual({ credentials: first.credentials, created: false })
    expect(first.credentials[0]).toMatchObject({
      account: '7',
      accessKeyId: expect.stringMatching(/^MR[0-9A-F]{20}$/),
    })
    expect(first.credentials[0]?.accessKeySecret.length).toBeGreaterThan(40)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  test('two nodes never make the same key', async () => {
    const one = await loadCredentials({ dataPath, account: '7' })
    await rm(file())
    const two = await loadCredentials({ dataPath, account: '7' })

    expect(two.credentials).not.toEqual(one.credentials)
  })

  test('come from the environment when it has them, and then no file is made', async () => {
    const given = { accessKeyId: 'ID', accessKeySecret: 'secret' }
    const loaded = await loadCredentials({ dataPath, account: '7', ...given })

    expect(loaded).toEqual({ credentials: [{ ...given, account: '7' }], created: false })
    await expect(stat(file())).rejects.toThrow('ENOENT')
  })

  test.each([
    [{ accessKeyId: 'ID' }, 'together'],
    [{ accessKeySecret: 's' }, 'together'],
    [{ accessKeyId: 'I.D', accessKeySecret: 's' }, 'without dots'],
    [{ accessKeyId: 'ID', accessKeySecret: 'a b' }, 'without spaces'],
  ])('the environment %j is refused', async (given, reason) => {
    await expect(loadCredentials({ dataPath, account: '7', ...given })).rejects.toMatchObject({
      code: 'auth.credentials-invalid',
      message: expect.stringContaining(reason),
    })
  })

  test('a file that others may read is refused with the way out', async () => {
    await loadCredentials({ dataPath, account: '7' })
    await chmod(file(), 0o644)

    await expect(loadCredentials({ dataPath, account: '7' })).rejects.toMatchObject({
      code: 'auth.credentials-invalid',
      message: expect.stringContaining('chmod 600'),
    })
  })

  test.each(['', '{', '{"keys":[]}', '{"keys":[{"accessKeyId":"a"}]}', '[]'])(
    'a damaged file %j is refused, neither replaced nor quoted',
    async text => {
      await writeFile(file(), text, { mode: 0o600 })

      await expect(loadCredentials({ dataPath, account: '7' })).rejects.toMatchObject({
        code: 'auth.credentials-invalid',
      })
      expect(await readFile(file(), 'utf8')).toBe(text)
    },
  )

  test('what a crash left half-written is passed over', async () => {
    await writeFile(`${file()}.new`, '{"keys":', { mode: 0o600 })

    expect((await loadCredentials({ dataPath, account: '7' })).created).toBe(true)
  })
})
