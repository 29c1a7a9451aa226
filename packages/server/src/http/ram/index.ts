export { compatibleInterfaces as ramInterfaces } from './actions.ts'
export { ramService } from './service.ts'
