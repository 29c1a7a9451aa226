export { compatibleInterfaces } from './actions.ts'
export { operations as stsOperations } from './operations.ts'
export { stsService } from './service.ts'
