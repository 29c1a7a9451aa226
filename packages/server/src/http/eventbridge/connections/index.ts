export { connectionActions } from './connection-actions.ts'
export { destinationActions } from './destination-actions.ts'
export { destinationInstance } from './names.ts'
