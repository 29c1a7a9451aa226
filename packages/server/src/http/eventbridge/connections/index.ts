export { connectionActions } from './connection-actions.ts'
export { destinationActions } from './destination-actions.ts'
export { destinationsOf } from './destinations.ts'
export { destinationInstance } from './names.ts'
