export { FakeClock } from './fake-clock.ts'
export { seededRandom } from './seeded-random.ts'
export { type StorageFactory, type StorageFixture, storageSuite } from './storage.ts'
