export { Doors, type OpenDoor } from './doors.ts'
export { hookErrors } from './errors.ts'
export { HookDoor, type HookDoorParts } from './hook-door.ts'
