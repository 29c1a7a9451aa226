export { compatibleInterfaces as slsInterfaces } from './actions.ts'
export { SlsDoor, type SlsDoorParts } from './door.ts'
