export { codeHandler, shownFunction, uploadedCode } from './code.ts'
export { domainHandlers } from './domains.ts'
export { instancesHandler } from './instances.ts'
export { invokeHandler } from './invoke.ts'
export { layerHandlers } from './layers.ts'
export { functionsOf, settingsOf } from './listing.ts'
export { refusing } from './refuse.ts'
export {
  asyncConfigHandlers,
  scalingHandlers,
  shownAsyncConfig,
  shownProvision,
  shownScaling,
  wantedFunction,
} from './settings.ts'
export { taskHandlers } from './tasks.ts'
export { sameQualifier, triggerHandlers } from './triggers.ts'
