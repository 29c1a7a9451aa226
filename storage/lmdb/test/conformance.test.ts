import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageSuite } from '@millrace/spi/conformance'
import { openStorage } from '../src/index.ts'

storageSuite('lmdb', async () => {
  const path = await mkdtemp(join(tmpdir(), 'millrace-lmdb-'))
  let storage = await openStorage({ path })
  return {
    storage,
    async reopen() {
      await storage[Symbol.asyncDispose]()
      storage = await openStorage({ path })
      return storage
    },
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]()
      await rm(path, { recursive: true })
    },
  }
})
