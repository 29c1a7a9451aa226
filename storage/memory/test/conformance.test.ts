import { storageSuite } from '@millrace/spi/conformance'
import { openStorage } from '../src/index.ts'

storageSuite('memory', async () => {
  let storage = await openStorage()
  return {
    storage,
    async reopen() {
      await storage[Symbol.asyncDispose]()
      storage = storage.crash()
      return storage
    },
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
})
