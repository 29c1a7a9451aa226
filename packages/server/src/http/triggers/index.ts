export { TriggerDoor, type TriggerDoorParts } from './door.ts'
export { triggerErrors } from './errors.ts'
export { checkHttpAuth } from './guard.ts'
