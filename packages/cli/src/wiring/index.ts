export { type AppliedItem, applyWiring, removeDropped } from './apply.ts'
export { layerVersions, putItem } from './put.ts'
export { findWiring, loadWiring, type Wiring } from './load.ts'
export { type FolderChanges, watchFolder } from './watch.ts'
