/** Wiring files and the code they name, compared with a server and brought to it. For the command line, scripts and tests; it needs Node.js. */
export { CodeUploads, type PackedCode, packCode } from '../code/index.ts'
export { type AppliedItem, applyWiring, removeDropped } from './apply.ts'
export { deployWiring, destroyWiring } from './deploy.ts'
export { identityOf, type ItemIdentity } from './item.ts'
export { findWiring, loadWiring, type Wiring, type WiringContext } from './load.ts'
export { type Difference, type PlannedItem, planWiring } from './plan/index.ts'
export { layerVersions, putItem } from './put.ts'
export { withReferenced } from './referenced.ts'
