export { FakeClock } from '../fake-clock.ts'
export { seededRandom } from './seeded-random.ts'
export { type StorageFactory, type StorageFixture, storageSuite } from './storage.ts'
export {
  outgoing,
  type SinkBehaviour,
  type SinkCaseName,
  type SinkFactory,
  type SinkFixture,
  type SinkSkips,
  sinkSuite,
} from './sink.ts'
export {
  type RuntimeFixtureName,
  type RuntimeFixtures,
  type RuntimeGroup,
  runtimeSuite,
} from './runtime.ts'
export { RuntimeHost } from './runtime-host.ts'
export {
  eventOf,
  type SourceFactory,
  type SourceFixture,
  SourceHost,
} from './source-fixture.ts'
export { type SourceCaseName, type SourceSkips, sourceSuite } from './source.ts'
