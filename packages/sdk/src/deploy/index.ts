/** Wiring files and the code they name, read and brought to a server. For the command line, scripts and tests; it needs Node.js. */
export { CodeUploads, type PackedCode, packCode } from '../code/index.ts'
export { type AppliedItem, applyWiring, removeDropped } from './apply.ts'
export { findWiring, loadWiring, type Wiring } from './load.ts'
export { layerVersions, putItem } from './put.ts'
export { withReferenced } from './referenced.ts'
