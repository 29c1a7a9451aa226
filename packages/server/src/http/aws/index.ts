export { compatibleInterfaces as awsInterfaces } from './actions.ts'
export { AwsDoor, type AwsDoorParts } from './door.ts'
export { operations as awsOperations } from './operations.ts'
