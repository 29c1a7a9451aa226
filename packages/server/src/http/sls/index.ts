export { compatibleInterfaces as slsInterfaces } from './actions.ts'
export { SlsDoor, type SlsDoorParts } from './door.ts'
export { type Route as SlsRoute, routes as slsRoutes } from './routes.ts'
